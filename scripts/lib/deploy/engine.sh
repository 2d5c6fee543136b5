# shellcheck shell=bash
# A container engine: this machine's, or one that is started for a script and leaves nothing behind. Sourced; needs all.

engine_start_seconds=60
engine_stop_seconds=60
engine_gigabytes_min=12
engine_directory='' # Empty where the engine is this machine's own.
engine_process=''
engine_uplink=''

# The engine itself is unpacked, not installed: installed it would be started for the whole machine.
engine_requirements=(
    'runc          command runc'
    'iptables      command iptables'
    'iproute2      command ip'
    'slirp4netns   command slirp4netns'
    'mmdebstrap    command mmdebstrap'
)

# require_engine: sets `docker` to the command that reaches an engine; fails where there is none and none can be started.
require_engine() {
    docker=(docker)
    if command -v docker >/dev/null && timeout 10 docker version >/dev/null 2>&1; then
        say "engine    $(docker version --format '{{.Server.Version}}'), this machine's own"
        return
    fi
    local lacking='No container engine answers here (docker version), and'
    ((EUID == 0)) || fail "$lacking only root can start one. Start Docker, or run this as root."
    command -v apt-get >/dev/null || fail "$lacking one can be started from Debian's packages only. Start Docker and try again."
    [[ -c /dev/net/tun ]] || fail "$lacking there is no /dev/net/tun for one of its own. Start Docker and try again."
    unshare --net --mount --pid --fork --mount-proc true 2>/dev/null ||
        fail "$lacking this machine lets nobody make namespaces for one of its own. Start Docker and try again."
    require_packages "${engine_requirements[@]}"
    start_engine
}

# start_engine: Debian's engine in namespaces of its own: its network, its mounts and its processes end with it, and what it writes
# outside its own folder goes into layers above the machine's folders.
start_engine() {
    engine_directory=$(mktemp -d -p /var/tmp deploy-check.XXXXXX)
    local megabytes
    megabytes=$(df --output=avail -m "$engine_directory" | tail -n 1)
    ((megabytes >= engine_gigabytes_min * 1024)) || fail "The images need $engine_gigabytes_min GB in /var/tmp, which has $((megabytes / 1024))."
    unpack_engine
    cat >"$engine_directory/inside" <<END
set -euo pipefail
PATH=$engine_directory/root/usr/sbin:$engine_directory/root/usr/bin:\$PATH
for folder in /etc /opt /var/lib; do
    mkdir -p "$engine_directory/upper\$folder" "$engine_directory/work\$folder"
    mount -t overlay overlay -o "lowerdir=\$folder,upperdir=$engine_directory/upper\$folder,workdir=$engine_directory/work\$folder" "\$folder"
done
mount -t tmpfs tmpfs /run
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
exec "$engine_directory/root/usr/bin/tini-static" -- dockerd --host "unix://$engine_directory/docker.sock" --data-root "$engine_directory/data" --exec-root "$engine_directory/exec" \\
    --pidfile "$engine_directory/dockerd.pid" --cgroup-parent "/${engine_directory##*/}" --default-ulimit nofile=20000:20000 \\
    --init-path "$engine_directory/root/usr/bin/tini-static"
END
    docker=("$engine_directory/root/usr/bin/docker")
    export DOCKER_HOST=unix://$engine_directory/docker.sock
    start_process "$engine_directory/log" unshare --net --mount --pid --fork --kill-child --mount-proc bash "$engine_directory/inside"
    engine_process=$started_process
    if ! wait_until "$engine_start_seconds" engine_answers_or_is_gone || is_gone "$engine_process"; then
        fail "The container engine does not start; the end of its log: $(tail -n 3 "$engine_directory/log")"
    fi
    # The way out of its network, for what images install: a process that sends for it what it sends.
    start_process "$engine_directory/uplink.log" slirp4netns --configure --mtu=65520 --disable-host-loopback --cidr 192.168.127.0/24 \
        "$(engine_inside)" uplink
    engine_uplink=$started_process
    say "engine    $("${docker[@]}" version --format '{{.Server.Version}}'), Debian's, in namespaces of its own"
}

unpack_engine() {
    local package log=$engine_directory/apt.log
    mkdir "$engine_directory/packages"
    # Readable for apt's own user.
    chmod 755 "$engine_directory"
    apt-get update >"$log" 2>&1 || true
    (cd "$engine_directory/packages" && apt-get download docker.io containerd tini) >>"$log" 2>&1 ||
        fail "The packages of the container engine are not to be had: $(grep -m 1 '^E:' "$log")"
    for package in "$engine_directory"/packages/*.deb; do dpkg-deb --extract "$package" "$engine_directory/root"; done
    rm -r "$engine_directory/packages"
}

# engine_inside: prints the id of the engine's own process, which is in its namespaces.
engine_inside() { cut -d ' ' -f 1 "/proc/$engine_process/task/$engine_process/children"; }

engine_answers_or_is_gone() { is_gone "$engine_process" || "${docker[@]}" version >/dev/null 2>&1; }

# stop_engine: with everything that runs in it; fails if anything is left.
stop_engine() {
    [[ -n $engine_directory ]] || return 0
    local inside status=0 group
    if [[ -n $engine_process ]] && ! is_gone "$engine_process"; then
        inside=$(engine_inside)
        [[ -z $inside ]] || kill -TERM "$inside" 2>/dev/null || true
        wait_until "$engine_stop_seconds" is_gone "$engine_process" || stop_processes 1 "$engine_process" || true
    fi
    [[ -z $engine_uplink ]] || stop_processes 5 "$engine_uplink" || true
    for group in /sys/fs/cgroup/"${engine_directory##*/}" /sys/fs/cgroup/*/"${engine_directory##*/}"; do
        [[ ! -d $group ]] || find "$group" -depth -type d -exec rmdir {} + || status=1
    done
    rm -rf "$engine_directory" || status=1
    return "$status"
}
