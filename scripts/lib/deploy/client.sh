# shellcheck shell=bash
# The customer of scripts/deploy-check, in a container on the services' network. Sourced; needs engine.

# client NETWORK OPTION... -- ARGUMENT...: runs it with API_TOKEN, or the services' own token where that is not set.
client() {
    local network=$1 options=()
    shift
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    API_TOKEN=${API_TOKEN:-$(<"$work/deploy/secrets/api_token")} "${docker[@]}" run --network "$network" --env API_TOKEN --label "$stack" \
        "${options[@]}" "$stack-client" "$@"
}

remove_clients() {
    local containers
    mapfile -t containers < <("${docker[@]}" ps --all --quiet --filter "label=$stack")
    ((${#containers[@]} == 0)) || "${docker[@]}" rm --force "${containers[@]}" >/dev/null
}
