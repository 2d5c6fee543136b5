# shellcheck shell=bash
# The zip for Lambda, checked as a user would meet it. Sourced; needs all and checks.

older_release=bullseye # Debian 11: its C library is older than that of Lambda's provided.al2023.
tls_name=orders.example.test

# prepare_package: begins to build what check_package packs, in what other checks leave of the machine.
prepare_package() {
    # Not beside another check that may install something.
    require_packages "${package_requirements[@]}" "${source_requirements[@]}" "${chroot_requirements[@]}"
    package_folder=$(mktemp -d)
    # What goes wrong here goes wrong there as well, and is told there.
    # shellcheck disable=SC2016 # The inner shell's own argument.
    start_process "$package_folder/prepare.log" nice -n 19 bash -c 'serverless/package --output "$1/prepared.zip" &&
        serverless/package --bundle --product HelloHTTP --output "$1/prepared-bundle.zip"' bash "$package_folder"
}

# check_package: builds the zip and runs it: under Lambda's emulator, and in an older distribution with nothing installed.
check_package() {
    administrator=()
    ((EUID == 0)) || administrator=(sudo "--preserve-env=AWS_LAMBDA_RUNTIME_API,SERVICE_TOKEN")
    check "deployment templates" check_deployment
    check --show "serverless/package builds the zip" serverless/package --output "$package_folder/bootstrap.zip"
    check "the same sources give the same zip" package_again
    check "the zip answers under Lambda's emulator" invoke_package bootstrap.zip
    check "a zip with shared libraries answers as well" invoke_bundle
    check "the zip runs in Debian $older_release with nothing installed, and speaks TLS there" run_in_older_release
    rm -rf "$package_folder"
}

check_deployment() {
    local folder
    folder=$(template_linter)
    "$folder/bin/cfn-lint" serverless/template.yaml
    .build/debug/Orchestrator --help | "$folder/bin/python" "$repository/serverless/lib/check-deployment.py"
}

package_again() {
    serverless/package --output "$package_folder/again.zip"
    cmp "$package_folder/bootstrap.zip" "$package_folder/again.zip"
}

# invoke_package ZIP
invoke_package() {
    env SERVICE_TOKEN='' CUSTOMERS_API_BASE=http://127.0.0.1:1 ORDERS_API_BASE=http://127.0.0.1:1 LAMBDA_PORT='' LAMBDA_RUNTIME_API_PORT='' \
        scripts/invoke --zip "$package_folder/$1" --path /health/live | grep -F '"statusCode":200'
}

# Of the smallest function: what is bundled is built anew, and how does not depend on the function.
invoke_bundle() {
    serverless/package --bundle --product HelloHTTP --output "$package_folder/bundle.zip"
    invoke_package bundle.zip
}

# The function inside the older release calls an HTTPS server outside, by a name that only the older release's /etc/hosts has.
run_in_older_release() {
    local root certificates=$package_folder/certificates port
    root=$(older_root)
    mkdir "$certificates"
    (cd "$certificates" && make_certificates >log 2>&1) || fail "openssl made no certificates: $(tail -n 3 "$certificates/log")"
    port=$(free_port 24430)
    start_process "$certificates/server.log" openssl s_server -quiet -www -accept "127.0.0.1:$port" \
        -cert "$certificates/server.pem" -key "$certificates/server.key"
    tls_process=$started_process
    trap 'stop_function; stop_processes 5 "$tls_process" || true' EXIT
    wait_until 10 port_is_taken "$port" || fail "The TLS server does not start: $(cat "$certificates/server.log")"
    say "Amazon Linux's place for certificates:"
    ask_from_older_release "$root" etc/pki/tls/certs/ca-bundle.crt "$certificates/ca.pem" "$port" | grep -F '"statusCode":200'
    say "Debian's:"
    ask_from_older_release "$root" etc/ssl/certs/ca-certificates.crt "$certificates/ca.pem" "$port" | grep -F '"statusCode":200'
    say "an authority that is not the server's:"
    ask_from_older_release "$root" etc/pki/tls/certs/ca-bundle.crt "$certificates/other.pem" "$port" | grep -F '"statusCode":503'
    grep -m 1 -F 'unable to get local issuer certificate' "$package_folder/emulator.log"
    say "no certificates at all:"
    ask_from_older_release "$root" etc/no-certificates "$certificates/ca.pem" "$port" | grep -F '"statusCode":503'
}

# ask_from_older_release ROOT BUNDLE CERTIFICATES PORT: prints what the function, inside a copy of ROOT's file system with
# CERTIFICATES as its BUNDLE, answers to /health/ready, which asks the server on PORT.
ask_from_older_release() {
    local start=$package_folder/start
    cat >"$start" <<END
#!/bin/bash
set -e
# In a file system of its own, so that nothing of this is seen outside or left behind.
cd ${package_folder@Q}
mount -t tmpfs none root
mkdir root/{older,upper,work,merged}
# overlay reads its options with separators of its own, which a path may have.
mount --bind ${1@Q} root/older
mount -t overlay overlay -o lowerdir=root/older,upperdir=root/upper,workdir=root/work root/merged
cd root/merged
[ ! -L proc ] || rm proc # debootstrap in a container leaves a link to the outside's.
mkdir -p proc
mount -t proc proc proc
mkdir -p "\$(dirname '$2')"
cp ${3@Q} '$2'
mkdir -p var/task
cp -R ../../unpacked/. var/task
echo '127.0.0.1 $tls_name' >etc/hosts
exec env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=en_US.UTF-8 AWS_LAMBDA_RUNTIME_API="\$AWS_LAMBDA_RUNTIME_API" \\
    SERVICE_TOKEN="\$SERVICE_TOKEN" CUSTOMERS_API_BASE='https://$tls_name:$4' ORDERS_API_BASE='https://$tls_name:$4' \\
    chroot . /var/task/bootstrap
END
    chmod +x "$start"
    mkdir -p "$package_folder/root" "$package_folder/unpacked"
    unzip_function "$package_folder/bootstrap.zip" "$package_folder/unpacked"
    SERVICE_TOKEN=$(random_secret)
    export SERVICE_TOKEN AWS_LAMBDA_FUNCTION_TIMEOUT=20 AWS_LAMBDA_FUNCTION_NAME=orchestrator
    LAMBDA_PORT=$(free_port 24440)
    LAMBDA_RUNTIME_API_PORT=$(free_port $((LAMBDA_PORT + 1)))
    event_of_request GET /health/ready >"$package_folder/event.json"
    printf '#!/bin/bash\nexec %s unshare --mount %q\n' "${administrator[*]}" "$start" >"$package_folder/bootstrap"
    chmod +x "$package_folder/bootstrap"
    start_function "$package_folder/emulator.log" "$package_folder/bootstrap"
    if ! invoke_function "$package_folder/event.json"; then cat "$package_folder/emulator.log"; fi >"$package_folder/answer"
    stop_function
    cat "$package_folder/answer"
}

# older_root: prints the folder of the older release's smallest system, made at the first call.
older_root() {
    local root=$repository/.build/$older_release
    if [[ ! -d $root ]]; then
        # Unpacked only: nothing in it has to be set up, because nothing of it is used.
        "${administrator[@]}" debootstrap --foreign --variant=minbase "$older_release" "$root.new" >"$root.log" 2>&1 ||
            fail "debootstrap could not fetch Debian $older_release: $(tail -n 1 "$root.log")"
        "${administrator[@]}" mv "$root.new" "$root"
    fi
    printf '%s' "$root"
}

# make_certificates: in the working directory, an authority, a certificate by it for the server, and another authority.
make_certificates() {
    local name
    for name in ca other; do
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" -keyout "$name.key" -out "$name.pem"
    done
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$tls_name" -keyout server.key -out server.csr
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.pem \
        -extfile <(printf 'subjectAltName=DNS:%s' "$tls_name")
}
