# shellcheck shell=bash
# An order that finishes by itself: accepted with 202, paid at the simulator, confirmed. Sourced; needs all, services and webhooks.

async_order_seconds=20 # For one order; it takes some tens of milliseconds.

# place_async_order: prints the 202, the states that follow, and what the simulator's ledger says of the payment; fails unless the order
# is confirmed. Sets `async_order_id`.
place_async_order() {
    local url=http://$local_host:$ORDERS_PORT/api/v1/orders token status deadline
    token=$(DB_NAME="${databases[4]}" "$products/OrdersAPI" token --customer 1 2>/dev/null) || return 1
    status=$(ask "$token" "$url" --header "X-Idempotency-Key: run-$(random_secret | head -c 16)" \
        --header 'Content-Type: application/json' --data '{"items": [{"productId": 1, "quantity": 1}]}') || return 1
    phase_done accepted "POST $url answered $status"
    awk -f "$library/run/pretty-json.awk" "$run_directory/reply.json"
    [[ $status == 202 ]] || return 1
    async_order_id=$(sed -n 's/^{"orderId":\([0-9]*\),.*/\1/p' "$run_directory/reply.json")
    deadline=$((SECONDS + async_order_seconds))
    while ask "$token" "$url/$async_order_id/status" >/dev/null && ! grep -qF '"status":"CONFIRMED"' "$run_directory/reply.json"; do
        ((SECONDS < deadline)) && ! grep -qE '"status":"(REJECTED|CANCELED)"' "$run_directory/reply.json" || return 1
        pause 0.02
    done
    phase_done confirmed "GET $url/$async_order_id/status"
    cat "$run_directory/reply.json"
    say ''
    [[ -n ${service_process["payments"]:-} ]] || return 0
    ask "$(secret API_TOKEN)" "http://127.0.0.1:$PAYMENT_SIMULATOR_PORT/_simulator/ledger?order_id=$async_order_id" >/dev/null || return 1
    phase_done paid "http://127.0.0.1:$PAYMENT_SIMULATOR_PORT/_simulator/ledger?order_id=$async_order_id"
    cat "$run_directory/reply.json"
    say ''
}

# ask TOKEN URL OPTION...: prints the status of the reply, which is in reply.json; fails where there is none.
ask() {
    local token=$1 url=$2
    shift 2
    # The token goes in by standard input: a command line can be read by every user of the machine.
    { [[ -z $token ]] || printf 'header = "Authorization: Bearer %s"\n' "$token"; } |
        curl --silent --show-error --noproxy '*' --max-time 30 --config - "$@" --output "$run_directory/reply.json" \
            --write-out '%{http_code}' "$url"
}
