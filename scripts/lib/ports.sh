# shellcheck shell=bash
# TCP ports of this machine, and who listens there. Sourced; needs output.

# port_is_taken PORT: whether anything listens on PORT. Read from the kernel's table, so that nobody is disturbed.
port_is_taken() {
    local tables=(/proc/net/tcp) hexadecimal
    [[ ! -r /proc/net/tcp6 ]] || tables+=(/proc/net/tcp6)
    printf -v hexadecimal '%04X' "$1"
    awk -v port=":$hexadecimal" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }' \
        "${tables[@]}"
}

# free_port FIRST: prints the first port from FIRST on that nothing listens on.
free_port() {
    local port
    for ((port = $1; port < $1 + 100; port++)); do
        if ! port_is_taken "$port"; then
            printf '%s' "$port"
            return
        fi
    done
    fail "No port from $1 to $((port - 1)) is free; stop what listens there."
}

# require_free_ports VARIABLE...: each must hold a port that nobody uses, and no two the same.
require_free_ports() {
    local mistakes
    mistakes=$(port_mistakes "$@")
    [[ -z $mistakes ]] || fail "$mistakes"
}

# port_mistakes VARIABLE...: prints a sentence for each that is no port, is in use, or is another's, too.
port_mistakes() {
    local variable port
    local -A owner=()
    for variable in "$@"; do
        port=${!variable}
        if [[ ! $port =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65535)); then
            say "$variable must be a port from 1 to 65535, not \"$port\"."
        elif [[ -n ${owner[$port]:-} ]]; then
            say "${owner[$port]} and $variable are both $port; set one to another port."
        else
            owner[$port]=$variable
            ! port_is_taken "$port" || say "Port $port is taken by another program; stop that or set $variable to a free port."
        fi
    done
}

# is_ready URL: whether the service with this base URL would serve.
is_ready() { curl --silent --fail --noproxy '*' --max-time 2 --output /dev/null "$1/health/ready"; }
