# shellcheck shell=bash
# A product of a package as the executable of a Lambda function. Sourced; needs output, processes and build.

# build_static_product PACKAGE PRODUCT LIBRARIES: builds PRODUCT of the package in the folder PACKAGE without any shared library
# and prints its path; LIBRARIES is what `static_libraries` printed.
build_static_product() {
    # Each set of libraries has a build folder of its own: SwiftPM does not see that an archive changed.
    local products=$1/.build/serverless/${3##*/}
    PKG_CONFIG_PATH=$3/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH} \
        build_product "$1" "$2" "$products" -Xswiftc -static-executable
    printf '%s' "$products/release/$2"
}

# build_dynamic_product PACKAGE PRODUCT: builds PRODUCT with Swift's own libraries inside and prints its path.
build_dynamic_product() {
    build_product "$1" "$2" "$1/.build/serverless/bundle"
    printf '%s' "$1/.build/serverless/bundle/release/$2"
}

build_product() {
    local package=$1 product=$2 folder=$3 log
    shift 3
    log=$(mktemp)
    if ! run_build "$log" swift build --package-path "$package" --configuration release --product "$product" --scratch-path "$folder" \
        --static-swift-stdlib "$@" -Xlinker --gc-sections -Xlinker --strip-all; then
        # The linker warns of name resolution and plugins in static programs; docs/performance.md says why they are harmless.
        grep -E 'error|undefined' "$log" >&2 || tail -n 5 "$log" >&2
        rm -f "$log"
        fail "$product could not be built; what the compiler said is above."
    fi
    rm -f "$log"
}

# bundle_program PROGRAM FOLDER: puts PROGRAM, its shared libraries, its loader and a launcher named bootstrap into FOLDER.
bundle_program() {
    local program=$1 folder=$2 file loader=''
    mkdir -p "$folder/lib"
    cp "$program" "$folder/lib/function"
    while read -r file; do
        [[ ${file##*/} != ld-linux* ]] || loader=${file##*/}
        cp --dereference "$file" "$folder/lib/"
    done < <(ldd "$program" | grep -o '/[^ ]*')
    [[ -n $loader ]] || fail "ldd names no loader for $program."
    # Names are resolved by plugins of the C library that ldd does not see; newer ones have them built in.
    for file in "$(dirname "$(ldd "$program" | sed -n 's/.*libc\.so\.6 => \([^ ]*\).*/\1/p')")"/{libnss_files.so.2,libnss_dns.so.2,libresolv.so.2}; do
        [[ ! -e $file ]] || cp --dereference "$file" "$folder/lib/"
    done
    cat >"$folder/bootstrap" <<END
#!/bin/sh
# Starts the function with the C library that it was built with, whatever the system's own is.
here=\$(dirname "\$0")
exec "\$here/lib/$loader" --library-path "\$here/lib" "\$here/lib/function" "\$@"
END
    chmod 755 "$folder/bootstrap"
}

# make_zip FOLDER ZIP: the same files give the same bytes.
make_zip() {
    python3 "$repository/serverless/lib/make-zip.py" "$1" "$2"
}
