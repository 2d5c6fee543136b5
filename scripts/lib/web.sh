# shellcheck shell=bash
# The pages for browsers in one folder, as WEB_DIRECTORY names it. Sourced; needs output, requirements and tools.

# prepare_web FOLDER: fills FOLDER, and says what comes of it where a part cannot be had.
prepare_web() {
    local folder=$1 viewer library
    mkdir -p "$folder"/{docs,console,openapi}
    cp "$repository"/web/docs/* "$folder/docs/"
    cp "$repository"/web/console/* "$folder/console/"
    cp "$repository"/openapi/*.yaml "$folder/openapi/"
    if requirement_is_met module ensurepip && viewer=$(swagger_ui); then
        cp "$viewer"/* "$folder/docs/"
    else
        say "The API reference at /docs is not complete: its package could not be had. Everything else works without it."
    fi
    if library=$(chart_library); then
        cp "$library" "$folder/console/chart.umd.js"
    else
        say "The desk at /console has tables in place of charts: Chart.js (libjs-chart.js) is not installed."
    fi
}

# chart_library: prints the path of Chart.js as one file; fails where it is not installed.
chart_library() {
    local name
    for name in chart.umd.min.js chart.umd.js chart.min.js chart.js; do
        [[ -r /usr/share/javascript/chart.js/$name ]] || continue
        printf '/usr/share/javascript/chart.js/%s' "$name"
        return
    done
    return 1
}
