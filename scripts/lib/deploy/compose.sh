# shellcheck shell=bash
# deploy/compose.yaml, brought up, ordered from, and taken down. Sourced; needs all, engine, images and client.

compose_ready_seconds=180
compose_project=''

# choose_compose: sets `compose_command`: Docker's own plugin, or the program from PyPI where that is missing.
choose_compose() {
    compose_command=("${docker[@]}" compose)
    ! timeout 10 "${compose_command[@]}" version >/dev/null 2>&1 || return 0
    require_packages "${python_requirements[@]}"
    compose_command=("$(docker_compose)")
}

# compose ARGUMENT...
compose() {
    IMAGE=$image CUSTOMERS_PORT=$compose_port ORDERS_PORT=$((compose_port + 1)) NOTIFIER_PORT=$((compose_port + 2)) \
        ORCHESTRATOR_PORT=$((compose_port + 3)) PROMETHEUS_PORT=$((compose_port + 4)) \
        "${compose_command[@]}" --project-name "$compose_project" --file "$work/deploy/compose.yaml" "$@"
}

# check_compose: an order through all services, and one that is accepted, paid at the simulator and confirmed by itself.
check_compose() {
    local log=$work/compose.log customer product order stock accepted token network pages
    choose_compose
    phase_begins
    compose_project=$stack-compose
    compose_port=$(free_port 28100)
    network=${compose_project}_default
    compose up --detach --no-build --wait --wait-timeout "$compose_ready_seconds" >"$log" 2>&1 || {
        tail -n 5 "$log" >&2
        compose ps --all --format '{{.Name}} {{.Status}}' >&2
        fail "deploy/compose.yaml does not come up; what was said is above."
    }
    read -r customer product order stock < <(client "$network" --rm -- services prepare) || fail "No order could be placed."
    token=$(compose exec -T orders-api OrdersAPI token --customer "$customer" 2>/dev/null) || fail "There is no token for customer $customer."
    accepted=$(API_TOKEN=$token client "$network" --rm -- services accept "$product") || fail "The asynchronous order was not confirmed."
    client "$network" --rm -- services audit "$product" $((stock - 1)) >/dev/null || fail "The stock is not what two orders left."
    pages=$(client "$network" --rm -- services pages) || fail "The pages for browsers are not whole."
    phase_done compose "order $order confirmed, order $accepted accepted, paid and confirmed by itself"
    summary+=("compose   every service up; order $order confirmed, order $accepted accepted, paid and confirmed by itself")
    summary+=("pages     $pages")
    remove_compose || fail "What deploy/compose.yaml started does not stop."
}

remove_compose() {
    [[ -n $compose_project ]] || return 0
    compose down --volumes --timeout 30 >"$work/compose.log" 2>&1 || return 1
    compose_project=''
}
