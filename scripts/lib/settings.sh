# shellcheck shell=bash
# Settings by the rules that the services follow: the environment wins over `.env`. Sourced.

# read_env_file FILE: exports the assignments of FILE whose variables are not set yet; of two to one variable the last holds.
# What the lines do wrong is for the services' `check` to tell.
read_env_file() {
    local file=$1 line name value
    local -A values=()
    [[ -e $file || -L $file ]] || return 0
    [[ -r $file && ! -d $file ]] || end_with "$status_misconfigured" "$file is there and cannot be read; mend or remove it."
    while IFS= read -r line || [[ -n $line ]]; do
        [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$ ]] || continue
        name=${BASH_REMATCH[2]}
        value=${BASH_REMATCH[3]}
        if [[ $value =~ ^\"([^\"]*)\" || $value =~ ^\'([^\']*)\' ]]; then
            value=${BASH_REMATCH[1]}
        else
            [[ $value == '#'* ]] && value=''
            value=${value%%[[:space:]]#*}
            value=${value%"${value##*[![:space:]]}"}
        fi
        values[$name]=$value
    done < <(sed $'1s/^\xEF\xBB\xBF//' "$file")
    for name in "${!values[@]}"; do
        [[ -v $name ]] || export "$name=${values[$name]}"
    done
}

random_secret() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# random_key: 32 bytes in Base64.
random_key() { head -c 32 /dev/urandom | base64 -w 0; }

# keep_secret NAME FILE [COMMAND]: exports NAME: as it is set (itself or as NAME_FILE), else as FILE has it, else new, written to FILE.
keep_secret() {
    local name=$1 file=$2 file_variable=$1_FILE command=${3:-random_secret}
    [[ -z ${!name:-} && -z ${!file_variable:-} ]] || return 0
    unset "$name"
    [[ -e $file ]] || (umask 077 && : >"$file")
    if ! grep -q "^$name=" "$file"; then
        printf '%s=%s\n' "$name" "$("$command")" >>"$file"
    fi
    export "$name=$(sed -n "s/^$name=//p" "$file")"
}

# secret NAME: prints the first entry of a secret that NAME holds or NAME_FILE names; nothing if there is none.
secret() {
    local name=$1 file_variable=$1_FILE value
    value=${!name:-}
    if [[ -z $value && -n ${!file_variable:-} ]]; then
        [[ -r ${!file_variable} ]] || end_with "$status_misconfigured" "$file_variable names a file that cannot be read: ${!file_variable}"
        read -r value <"${!file_variable}" || true
    fi
    printf '%s' "${value%%,*}"
}
