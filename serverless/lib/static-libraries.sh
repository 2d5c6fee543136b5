# shellcheck shell=bash
# libcurl as a small static library, from the distribution's own source package. Sourced; needs all.

# No protocol but HTTP and HTTPS, and nothing that CurlHTTPClient does not call: code that is absent starts at once and has
# no faults. No built-in certificates (CurlHTTPClient looks for them at run time) and no OpenSSL configuration file, which
# would be read at each start.
curl_options=(
    --disable-ftp --disable-file --disable-ldap --disable-ldaps --disable-rtsp --disable-dict --disable-telnet
    --disable-tftp --disable-pop3 --disable-imap --disable-smb --disable-smtp --disable-gopher --disable-mqtt
    --disable-manual --disable-libcurl-option --disable-ntlm --disable-ntlm-wb --disable-tls-srp --disable-cookies
    --disable-mime --disable-netrc --disable-progress-meter --disable-alt-svc --disable-hsts --disable-headers-api
    --disable-get-easy-options --disable-doh --disable-openssl-auto-load-config
    --without-zlib --without-brotli --without-zstd --without-libpsl --without-libidn2 --without-nghttp2
    --without-libssh2 --without-librtmp --without-gssapi --without-ca-bundle --without-ca-path
    --with-openssl --enable-threaded-resolver
)

# static_libraries: prints the folder that holds lib/pkgconfig; built at the first call, and again when the distribution's
# version or this recipe changes. Ends with the reason where that cannot be done; the caller may then do without.
static_libraries() {
    local key folder
    key=$(static_libraries_key)
    folder=$repository/.build/static-libraries/$key
    if [[ ! -d $folder ]]; then
        # Elsewhere: a configure script refuses a path with blanks or quotes, which the repository's may have.
        building=$(mktemp -d) # Not local: the trap reads it when this function has returned.
        trap 'rm -rf "$building" "${finished:-}"' EXIT
        build_static_libraries "$building" >&2
        mkdir -p "${folder%/*}"
        finished=$(mktemp -d "$folder.XXXXXX")
        cp -R "$building/prefix" "$finished/"
        # Two builds at once: the second finds the first one's result.
        mv -T "$finished/prefix" "$folder" 2>/dev/null || [[ -d $folder ]]
    fi
    printf '%s' "$folder"
}

# static_libraries_key: prints what the result depends on, as one name.
static_libraries_key() {
    local version recipe
    if ! command -v dpkg-query >/dev/null || ! version=$(source_package libcurl4-openssl-dev); then
        fail "This is not Debian or Ubuntu, or its libcurl is none of the distribution's packages."
    fi
    recipe=$(sha256sum <"$repository/serverless/lib/static-libraries.sh" | head -c 12)
    printf '%s-%s-%s' "$(tr ' \n=:/' '_____' <<<"$version" | tr -s _)" "$recipe" "$(uname -m)"
}

# source_package PACKAGE: prints NAME=VERSION of the source of an installed package.
source_package() {
    # shellcheck disable=SC2016 # dpkg-query's own variables.
    dpkg-query --show --showformat '${source:Package}=${source:Version}\n' "$1" 2>/dev/null
}

# build_static_libraries FOLDER: leaves FOLDER/prefix.
build_static_libraries() {
    local folder=$1 sources
    require_packages "${source_requirements[@]}"
    say "Building libcurl as a static library, once."
    fetch_source "$folder" "$(source_package libcurl4-openssl-dev)"
    mkdir -p "$folder/prefix/lib/pkgconfig" "$folder/prefix/include"
    build_libcurl "$folder"
    sources=("$folder"/curl-*/include/curl)
    cp -R "${sources[0]}" "$folder/prefix/include/"
    write_pkgconfig "$folder/prefix" libcurl "-lcurl -lssl -lcrypto"
    # The system's own file may name the system's folder, ahead of this one.
    write_pkgconfig "$folder/prefix" libcrypto "-lcrypto"
}

# fetch_source FOLDER PACKAGE=VERSION: unpacks it in FOLDER, from the places that this machine gets its packages from.
fetch_source() {
    local folder=$1 file log=$1/apt.log
    mkdir -p "$folder/sources.list.d" "$folder/lists/partial" "$folder/cache/archives/partial"
    for file in /etc/apt/sources.list.d/*.sources; do
        [[ ! -r $file ]] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$folder/sources.list.d/${file##*/}"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [[ ! -r $file ]] || sed -n 's/^deb\(-src\)\{0,1\}[[:space:]]/deb-src /p' "$file" >"$folder/sources.list.d/source-${file##*/}"
    done
    local apt=(apt-get --quiet=2 -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$folder/sources.list.d"
        -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache")
    # A third party's repository without sources fails here; what counts is whether the package comes.
    "${apt[@]}" update >"$log" 2>&1 || true
    if ! (cd "$folder" && "${apt[@]}" source "$2") >>"$log" 2>&1; then
        fail "The distribution's source of $2 is not to be had: $(grep -m 1 '^E:' "$log" || tail -n 1 "$log")"
    fi
}

# build_libcurl FOLDER: configures FOLDER/curl-*, builds the library and keeps it.
build_libcurl() {
    local folder=$1 sources build log compiler archives
    sources=("$folder"/curl-*/configure)
    build=$folder/build-curl
    log=$folder/curl.log
    compiler=$(toolchain_folder)/clang
    mkdir "$build"
    # The distribution's patches touch what the build system's files are made from; they need not be made anew.
    if ! (cd "$build" && "${sources[0]}" --prefix="$folder/prefix" --disable-shared --enable-static \
        --disable-dependency-tracking CC="$compiler" CFLAGS="-O2 -ffunction-sections -fdata-sections" "${curl_options[@]}" &&
        make --directory=lib --jobs="$(nproc)" ACLOCAL=: AUTOCONF=: AUTOMAKE=: AUTOHEADER=:) >"$log" 2>&1; then
        fail "libcurl could not be built: $(grep -m 1 -i 'error' "$log" || tail -n 1 "$log")"
    fi
    archives=("$build"/lib/.libs/*.a)
    cp "${archives[0]}" "$folder/prefix/lib/"
}

# write_pkgconfig PREFIX NAME LIBRARIES: the folder is the one of the file, wherever that is moved to, with blanks in its path or
# without.
write_pkgconfig() {
    cat >"$1/lib/pkgconfig/$2.pc" <<END
prefix=\${pcfiledir}/../..
Name: $2
Description: static, for the Lambda function
Version: 0
Cflags: -I"\${prefix}/include"
Libs: -L"\${prefix}/lib" $3
END
}
