# shellcheck shell=bash
# deploy/swarm.yaml behind HAProxy: brought up, updated while requests flow, and taken down. Sourced; needs all, engine, images, client.

stack_ready_seconds=120
stack_gone_seconds=90
update_seconds_max=180
update_watch_seconds=30 # More than the 10 s for which an updated service is watched.
flow_seconds=4          # Before and after an update.
flow_stop_seconds=40    # For the requests that are under way.
flow_failed=0
flow_orders=0
stack_is_deployed=''
has_own_swarm=''

# start_stack: on an engine that is a Swarm of one machine, or becomes one.
start_stack() {
    phase_begins
    case $("${docker[@]}" info --format '{{.Swarm.LocalNodeState}} {{.Swarm.Nodes}}') in
        'active 1') ;;
        inactive*)
            "${docker[@]}" swarm init --advertise-addr 127.0.0.1 >/dev/null
            has_own_swarm=yes
            ;;
        *) fail "The engine is part of a Swarm of several machines, and only this one has the image; use an engine that is in none." ;;
    esac
    stack_is_deployed=yes
    "${docker[@]}" network create --driver overlay --attachable "$stack" >/dev/null
    HTTP_PORT=$(free_port 28080) NETWORK=$stack IMAGE=$image "${docker[@]}" stack deploy --resolve-image never \
        --compose-file "$work/deploy/swarm.yaml" --compose-file "$work/deploy/swarm/haproxy.yaml" "$stack" >"$work/stack.log" 2>&1 ||
        fail "deploy/swarm.yaml cannot be deployed: $(tail -n 3 "$work/stack.log")"
    wait_until "$stack_ready_seconds" stack_is_ready || fail "Not every service is ready after $stack_ready_seconds s:"$'\n'"$(stack_state)"
    phase_done stack "$(stack_replicas)"
}

# stack_is_ready: whether each service has all of its instances, healthy.
stack_is_ready() {
    "${docker[@]}" stack services --format '{{.Replicas}}' "$stack" | awk -F '[/ ]' '$1 != $2 { missing = 1 } END { exit missing || !NR }'
}

# stack_replicas: prints each service with its instances.
stack_replicas() {
    "${docker[@]}" stack services --format '{{.Name}} {{.Replicas}}' "$stack" | sed "s/^${stack}_//" | sort | paste -s -d , | sed 's/,/, /g'
}

stack_state() {
    "${docker[@]}" stack ps --no-trunc --format '{{.Name}} {{.CurrentState}} {{.Error}}' "$stack" | cut -c 1-200
    "${docker[@]}" ps --all --filter "label=com.docker.stack.namespace=$stack" --format '{{.Names}} {{.Status}}'
}

# place_first_order: sets `customer`, `product` and `stock`, what is left of the product.
place_first_order() {
    local order
    phase_begins
    read -r customer product order stock < <(client "$stack" --rm -- haproxy:8080 prepare) || fail "No order could be placed."
    phase_done order "$order confirmed, placed from inside through HAProxy; its key again gives the same"
    summary+=("inside    order $order confirmed, and the same again by its key")
}

# update_service SERVICE RATE: a rolling update while RATE requests a second flow, counted.
update_service() {
    local service=$1 rate=$2 flow=$stack-flow sent failures made slowest line
    phase_begins
    client "$stack" --detach --name "$flow" -- haproxy:8080 flow "$rate" "$customer" "$product" >/dev/null
    pause "$flow_seconds"
    timeout "$update_seconds_max" "${docker[@]}" service update --quiet --force "${stack}_$service" >"$work/update.log" 2>&1 ||
        fail "$service could not be updated: $(tail -n 3 "$work/update.log")"
    # The last instance is watched for a while.
    wait_until "$update_watch_seconds" update_is_complete "$service" || fail "The update of $service does not complete:"$'\n'"$(stack_state)"
    pause "$flow_seconds"
    "${docker[@]}" stop --time "$flow_stop_seconds" "$flow" >/dev/null
    "${docker[@]}" logs "$flow" >"$work/flow" 2>"$work/failures"
    "${docker[@]}" rm "$flow" >/dev/null
    cat "$work/failures"
    read -r sent failures made slowest <"$work/flow" || fail "The requests could not be counted."
    flow_failed=$((flow_failed + failures))
    flow_orders=$((flow_orders + made))
    line="$(printf '%-13s' "$service") $sent requests, $failures failed; $made orders; the slowest reply after $slowest ms"
    phase_done update "$line"
    summary+=("update    $line")
}

update_is_complete() { [[ $("${docker[@]}" service inspect --format '{{.UpdateStatus.State}}' "${stack}_$1") == completed ]]; }

# audit_stock: it must be what the orders left. A request that failed may have ordered all the same, so that is only told then.
audit_stock() {
    local left
    phase_begins
    left=$(client "$stack" --rm -- haproxy:8080 audit "$product" $((stock - flow_orders)) 2>/dev/null) || {
        ((flow_failed > 0)) || fail "$flow_orders orders of $stock pieces left ${left:-an unknown number}."
    }
    phase_done audit "$stock pieces less $flow_orders orders: $left"
    summary+=("audit     $flow_orders orders of $stock pieces left $left")
}

# remove_stack: fails if something of it is left.
remove_stack() {
    [[ -n $stack_is_deployed ]] || return 0
    local status=0
    "${docker[@]}" stack rm "$stack" >/dev/null 2>&1 || true
    wait_until "$stack_gone_seconds" stack_is_gone || status=1
    wait_until 15 "${docker[@]}" network rm "$stack" >/dev/null 2>&1 || status=1
    "${docker[@]}" volume rm "${stack}_database" >/dev/null 2>&1 || status=1
    [[ -z $has_own_swarm ]] || "${docker[@]}" swarm leave --force >/dev/null || status=1
    return "$status"
}

stack_is_gone() { [[ -z $("${docker[@]}" ps --all --quiet --filter "label=com.docker.stack.namespace=$stack") ]]; }
