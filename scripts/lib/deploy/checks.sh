# shellcheck shell=bash
# What can be seen of deploy/ without running it; scripts/deploy-check runs it. Sourced; needs all and checks.

check_deploy() {
    require_packages 'haproxy  command haproxy'
    local linter compose kubernetes folder file
    linter=$(hadolint)
    compose=$(docker_compose)
    kubernetes=$(kubernetes_tools)
    folder=$(mktemp -d)
    check "Dockerfiles" "$linter" Dockerfile scripts/lib/deploy/*.Dockerfile scripts/lib/deploy/stand-ins/*.Dockerfile
    check "the image has the Swagger UI of scripts/run" grep -qxF "ARG SIDECAR_VERSION=$sidecar_version" Dockerfile
    check "deploy/compose.yaml" render "$folder/compose.json" "$compose" --file deploy/compose.yaml config --format json
    for file in traefik haproxy; do
        check "deploy/swarm.yaml behind $file" render "$folder/swarm.json" \
            "$compose" --file deploy/swarm.yaml --file "deploy/swarm/$file.yaml" config --format json
    done
    check "deploy/swarm/haproxy.cfg" haproxy -c -q -f deploy/swarm/haproxy.cfg
    check "deploy/compose/prometheus.yml" promtool check config deploy/compose/prometheus.yml
    for file in kubernetes kubernetes-simulator; do
        check "deploy/$file" validate_manifests "$kubernetes" "deploy/$file" "$folder/$file.yaml"
    done
    check "deploy/ gives services what they read" "$kubernetes/bin/python" "$library/deploy/check-settings.py" .env.example \
        "$folder"/{compose,swarm}.json -- "$folder"/{kubernetes,kubernetes-simulator}.yaml
    rm -rf "$folder"
}

# render FILE COMMAND...: what COMMAND prints goes to FILE.
render() {
    local file=$1
    shift
    "$@" >"$file"
}

# validate_manifests TOOLS FOLDER FILE: writes what FOLDER's kustomization makes to FILE, and holds it against Kubernetes's own schemas.
validate_manifests() {
    "$1/bin/kubectl" kustomize "$2" >"$3"
    "$1/bin/kubernetes-validate" --strict --quiet "$3"
}
