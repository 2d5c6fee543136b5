# shellcheck shell=bash
# The images of scripts/deploy-check: the product's, those that it is built on, and those that run beside it. Sourced; needs all and engine.

image_build_seconds=1800 # The build takes five minutes on two processors.

# What Debian's own slim images leave out.
debian_options=(
    --variant=apt --include=usr-is-merged --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr
    --dpkgopt=path-exclude=/usr/share/man/\* --dpkgopt=path-exclude=/usr/share/doc/\*
    --dpkgopt=path-exclude=/usr/share/locale/\* --dpkgopt=path-exclude=/usr/share/info/\*
)
authorities=/etc/ssl/certs/ca-certificates.crt
# Whom this machine trusts the image trusts as well: behind a proxy that signs anew, PyPI could not be reached else.
debian_options+=(--customize-hook="[ ! -r $authorities ] ||
    install -D --mode=644 $authorities \"\$1/usr/local/share/ca-certificates/of-this-machine.crt\"")

# What Swift's own images hold of Debian beside the toolchain, as far as a build without Foundation's network and a debugger needs it.
swift_packages=binutils,ca-certificates,git,libc6-dev,libcurl4,libedit2,libgcc-12-dev,libncurses6,libsqlite3-0,libstdc++-12-dev,libxml2,pkg-config,tzdata,zlib1g-dev

# make_base_images PROGRAMS: what a registry has, made of Debian's packages and of this machine's Swift, which is left out where there
# are PROGRAMS already.
make_base_images() {
    phase_begins
    make_debian_image debian:bookworm-slim
    [[ -n $1 ]] || make_debian_image swift:6.3-bookworm --include="$swift_packages" --customize-hook="$(toolchain_hook)"
    local name file
    for name in mariadb:11.4 haproxy:3.0 rabbitmq:3.13 prom/prometheus:v3.5.0; do
        file=${name#*/}
        build_image "$name" --file "$library/deploy/stand-ins/${file%:*}.Dockerfile" "$library/deploy/stand-ins"
    done
    phase_done images "of Debian and this machine's Swift, in the place of a registry's"
}

# make_debian_image NAME OPTION...
make_debian_image() {
    local name=$1 log
    shift
    log=$engine_directory/mmdebstrap.log
    timeout "$image_build_seconds" mmdebstrap "${debian_options[@]}" "$@" bookworm - 2>"$log" |
        "${docker[@]}" import - "$name" >/dev/null || fail "The image $name could not be made: $(tail -n 1 "$log")"
}

# toolchain_hook: what copies this machine's toolchain to where the official image has it, without what only editors need.
toolchain_hook() {
    local folder
    folder=$(toolchain_folder)
    folder=$(cd "$folder/../.." && pwd)
    printf '%s' "tar --directory '$folder' --exclude 'usr/bin/*lldb*' --exclude usr/bin/sourcekit-lsp --exclude usr/bin/docc" \
        " --exclude usr/bin/clangd --exclude 'usr/lib/libsourcekit*' --exclude 'usr/lib/liblldb*' --exclude 'usr/lib/libLTO*'" \
        " --exclude usr/lib/swift/embedded --create usr | tar --directory \"\$1\" --extract"
}

# build_product_image NAME PROGRAMS: the Dockerfile's own image, of the sources or of the PROGRAMS in that folder.
build_product_image() {
    local name=$1 programs=$2 options=()
    phase_begins
    if [[ -n $programs ]]; then
        tar --directory "$programs" --transform 's#^#programs/#' --mode=755 --owner=0 --group=0 --create \
            CustomersAPI OrdersAPI Notifier Orchestrator PaymentSimulator | "${docker[@]}" import - "$name-programs" >/dev/null
        options=(--build-arg PROGRAMS="$name-programs")
    fi
    build_image "$name" "${options[@]}" "$repository"
    phase_done image "$name, $(image_megabytes "$name") MB${programs:+, of the programs in $programs}"
}

image_megabytes() { echo $(($("${docker[@]}" image inspect --format '{{.Size}}' "$1") / 1000000)); }

# build_image NAME OPTION...
build_image() {
    local log status=0 name=$1 kit
    shift
    log=$(mktemp)
    kit=$(has_build_kit)
    DOCKER_BUILDKIT=$kit BUILDKIT_PROGRESS=plain run_build "$log" timeout "$image_build_seconds" "${docker[@]}" build --tag "$name" "$@" || status=$?
    ((status == 0)) || tail -n 30 "$log" >&2
    rm -f "$log"
    ((status == 0)) || fail "The image $name could not be built; the end of what was said is above."
}

# remove_images: those of this run; what they were made of stays with an engine of the machine's own.
remove_images() { "${docker[@]}" image rm "$image" "$image-programs" "$stack-client" >/dev/null 2>&1 || true; }

# has_build_kit: prints 1 where the client can use BuildKit, which builds only what is needed: since version 23 it is a plugin.
has_build_kit() {
    local version
    version=$("${docker[@]}" version --format '{{.Client.Version}}')
    if ((${version%%.*} < 23)) || timeout 10 "${docker[@]}" buildx version >/dev/null 2>&1; then printf 1; else printf 0; fi
}
