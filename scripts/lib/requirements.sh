# shellcheck shell=bash disable=SC2034 # Each script that sources this file reads the lists that it needs.
# What the product needs from the system: looked for first, installed only where it is missing. Sourced.

# Servers are in sbin, which an ordinary user's PATH leaves out.
PATH=$PATH:/usr/sbin:/sbin

# The package of each requirement and how to see that it is there. Libraries are looked for as the build will look for them,
# so that another distribution's package, or MySQL's in place of MariaDB's, does as well.
build_requirements=(
    'pkg-config            command pkg-config'
    'libcurl4-openssl-dev  library libcurl'
    'default-libmysqlclient-dev  library mysqlclient'
    'libssl-dev            library libcrypto'
    'librabbitmq-dev       library librabbitmq'
)
run_requirements=('curl  command curl')
chart_requirements=('libjs-chart.js  file /usr/share/javascript/chart.js') # For the charts at /console.
database_requirements=(
    'mariadb-server-core  command mariadbd'
    'mariadb-client       command my_print_defaults' # For mariadb-install-db.
)
watch_requirements=('inotify-tools  command inotifywait')
python_requirements=('python3-venv  module ensurepip')
lint_requirements=('shellcheck  command shellcheck')
package_requirements=('python3  command python3')
# For the static libraries: their source packages are unpacked, patched and compiled.
source_requirements=(
    'dpkg-dev  command dpkg-source'
    'make      command make'
)
# For the check on an older distribution.
chroot_requirements=(
    'debootstrap  command debootstrap'
    'openssl      command openssl'
)
# For services with a wrong clock, for a database with certificates, for a cluster of databases, for a broker, for balancers, for the
# functions that docs/events.md shows, for jq, which docs/operations.md shows, and for promtool, which checks metrics.
# Debian's package also starts a broker for the whole machine; tests have one of their own and leave that one alone.
test_requirements=(
    'faketime         command faketime'
    'openssl          command openssl'
    'rabbitmq-server  command rabbitmq-server'
    'nodejs           command node'
    'php-cli          command php'
    'ruby             command ruby'
    'jq               command jq'
    'nginx-light      command nginx'
    'prometheus       command promtool'
    'haproxy          command haproxy'
    'galera-4         file /usr/lib/galera/libgalera_smm.so' # A library that the server of database_requirements loads.
)
# For the rules in deploy/prometheus. Debian's packages also start servers for the whole machine; checks have one of their own.
monitoring_requirements=(
    'prometheus               command promtool'
    'prometheus-alertmanager  command amtool'
)
bench_requirements=('gcc  command cc')
instruction_requirements=('valgrind  command valgrind')

requirement_is_met() {
    case $1 in
        command) command -v "$2" >/dev/null ;;
        library) pkg-config --exists "$2" 2>/dev/null ;;
        module) python3 -c "import $2" 2>/dev/null ;;
        php-module) [[ $(php -m 2>/dev/null) == *$'\n'"$2"$'\n'* ]] ;;
        file) [[ -e $2 ]] ;;
    esac
}

# requirements_are_met REQUIREMENT...: whether none is missing.
requirements_are_met() {
    local requirement package kind name
    for requirement in "$@"; do
        read -r package kind name <<<"$requirement"
        requirement_is_met "$kind" "$name" || return 1
    done
}

require_swift() {
    command -v swift >/dev/null ||
        fail "Swift is not on the PATH; install Swift 6.3 or newer from https://www.swift.org/install/linux and try again."
    # Swift's build writes such a path into files of its own that it then cannot read.
    [[ $repository != *[\"\\[:cntrl:]]* ]] ||
        fail "Swift cannot build in $repository: its path has a double quote, a backslash or a control character. Move the clone."
}

# require_packages REQUIREMENT...: installs those that are missing.
require_packages() {
    local requirement package kind name missing=()
    for requirement in "$@"; do
        read -r package kind name <<<"$requirement"
        requirement_is_met "$kind" "$name" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null ||
        fail "This is not Debian or Ubuntu; install what these Debian packages hold with your own package manager: ${missing[*]}."
    install_packages "${missing[@]}"
    for requirement in "$@"; do
        read -r package kind name <<<"$requirement"
        requirement_is_met "$kind" "$name" || fail "$package is installed, yet the $kind $name is not to be found."
    done
}

install_packages() {
    local administrator=() log packages
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "Missing packages: $*. As root, run: apt-get install --no-install-recommends $*"
        administrator=(sudo)
        say "These packages are missing: $*. Installing them needs root, so sudo may ask for your password."
    else
        say "Installing missing packages: $*"
    fi
    log=$(mktemp)
    administrator+=(env DEBIAN_FRONTEND=noninteractive)
    if ! "${administrator[@]}" apt-get update >"$log" 2>&1; then
        say "apt-get update failed; trying with the package lists that are there. It said: $(tail -n 1 "$log")"
    fi
    mapfile -t packages < <(available_names "$@")
    # --no-remove: a MySQL server of the user's would otherwise have to make service for MariaDB's.
    if ! "${administrator[@]}" apt-get install --yes --no-install-recommends --no-remove "${packages[@]}" >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install ${packages[*]}. (If the database server is what fails, set DB_HOST to use one of your own.)"
    fi
    rm -f "$log"
}

# available_names PACKAGE...: prints the name that this release has for each; some releases know only versioned ones, such as
# mariadb-server-core-10.6.
available_names() {
    local package versioned
    for package in "$@"; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            say "$package"
        else
            versioned=$(apt-cache search --names-only "^$package-[0-9.]+\$" | sort -V | tail -n 1)
            versioned=${versioned%% *}
            say "${versioned:-$package}"
        fi
    done
}
