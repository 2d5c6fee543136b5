# shellcheck shell=bash
# The folder of scripts/run: private database, logs and generated secrets. Sourced; needs all and database.

# A file of this name says that the entries below are scripts/run's own, to be changed and deleted.
run_directory_marker=made-by-scripts-run
run_directory_entries=(mariadb mariadb.new mariadb.pid logs web secrets.env webhook.secret grants.sql reply.json changes lock)

# prepare_run_directory RESET: sets `run_directory`, which is this run's alone until it ends.
prepare_run_directory() {
    run_directory=${RUN_DIRECTORY:-.local}
    (umask 077 && mkdir -p -- "$run_directory") 2>/dev/null ||
        fail "RUN_DIRECTORY ($run_directory) cannot be made; set it to another folder."
    run_directory=$(CDPATH='' cd -- "$run_directory" && pwd) ||
        fail "RUN_DIRECTORY ($run_directory) cannot be entered; set it to another folder."
    [[ -O $run_directory ]] || fail "$run_directory belongs to another user; set RUN_DIRECTORY to another folder."
    [[ -w $run_directory ]] || fail "RUN_DIRECTORY ($run_directory) cannot be written; set it to another folder."
    claim_run_directory
    take_lock "$run_directory/lock" || fail "Another scripts/run uses $run_directory; stop that, or set RUN_DIRECTORY to another folder."
    if [[ -n $1 ]]; then
        stop_leftover_server "$run_directory/mariadb"
        rm -rf "$run_directory"/{mariadb,mariadb.new,logs,web,secrets.env,webhook.secret,grants.sql}
        [[ -z ${DB_HOST:-}${DB_SOCKET:-} ]] || say "--reset leaves the databases on ${DB_HOST:-$DB_SOCKET} as they are."
    fi
    (umask 077 && mkdir -p "$run_directory/logs")
    keep_secret SERVICE_TOKEN "$run_directory/secrets.env"
    keep_secret CURSOR_SECRET "$run_directory/secrets.env"
    keep_secret SECRETS_KEY "$run_directory/secrets.env" random_key
    keep_secret JWT_SECRET "$run_directory/secrets.env"
}

# claim_run_directory: marks the folder before anything else is made in it; refuses one with entries of somebody else's under
# the names that are needed. What else lies there is left alone.
claim_run_directory() {
    local entry marker=$run_directory/$run_directory_marker
    [[ ! -f $marker ]] || return 0
    # The repository's own folder, which .gitignore names, is never somebody else's.
    if [[ $run_directory != "$repository/.local" ]]; then
        for entry in "${run_directory_entries[@]}"; do
            [[ ! -e $run_directory/$entry && ! -L $run_directory/$entry ]] ||
                fail "$run_directory has a \"$entry\" that scripts/run did not make; set RUN_DIRECTORY to a new folder."
        done
    fi
    printf '%s\n' "scripts/run made these here, and scripts/run --reset deletes them:" "${run_directory_entries[@]}" >"$marker"
}
