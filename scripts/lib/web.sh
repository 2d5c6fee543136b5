# shellcheck shell=bash
# The pages for browsers in one folder, as WEB_DIRECTORY names it. Sourced; needs output and tools.

# prepare_web FOLDER: fills FOLDER; fails, and has said why, where the API reference's program cannot be had.
prepare_web() {
    local folder=$1 viewer complete=0
    [[ -d $repository/web ]] || return 1
    mkdir -p "$folder/docs" "$folder/openapi"
    cp "$repository"/web/docs/* "$folder/docs/"
    cp "$repository"/openapi/*.yaml "$folder/openapi/"
    viewer=$(swagger_ui) || complete=1
    if ((complete == 0)); then cp "$viewer"/* "$folder/docs/"; fi
    return "$complete"
}
