# shellcheck shell=bash
# Services that a check of operations starts, stops and moves one by one. Sourced; needs all, database and services.

# begin_system: makes `run_directory`, and forgets the settings of whoever runs this. `end_system` is to be trapped.
begin_system() {
    local name
    run_directory=$(mktemp -d)
    mkdir "$run_directory/logs"
    system_folder=$run_directory
    cd "$run_directory" # Away from the .env of whoever runs this.
    while read -r name; do unset "$name" "${name}_FILE"; done < <(sed -n 's/^#\([A-Z_]*\)=.*/\1/p' "$repository/.env.example")
    SERVICE_TOKEN=$(random_secret)
    API_TOKEN=$(random_secret)
    CURSOR_SECRET=$(random_secret)
    JWT_SECRET=$(random_secret)
    SECRETS_KEY=$(random_key)
    export SERVICE_TOKEN API_TOKEN CURSOR_SECRET JWT_SECRET SECRETS_KEY
    export ASYNC_ORDERS=on WEBHOOK_ALLOWED_NETWORKS=127.0.0.0/8,::1 LOG_LEVEL=warning
    local_host=127.0.0.1
    CUSTOMERS_PORT=$(free_port 25101)
    ORDERS_PORT=$(free_port $((CUSTOMERS_PORT + 1)))
    ORCHESTRATOR_PORT=$(free_port $((ORDERS_PORT + 1)))
    NOTIFIER_PORT=$(free_port $((ORCHESTRATOR_PORT + 1)))
    PAYMENT_SIMULATOR_PORT=$(free_port $((NOTIFIER_PORT + 1)))
    WEBHOOK_PORT=$(free_port $((PAYMENT_SIMULATOR_PORT + 1)))
    export CUSTOMERS_API_BASE=http://127.0.0.1:$CUSTOMERS_PORT ORDERS_API_BASE=http://127.0.0.1:$ORDERS_PORT
    export PAYMENT_GATEWAY_URL=http://127.0.0.1:$PAYMENT_SIMULATOR_PORT
    export ORDERS_URLS=$ORDERS_API_BASE ORCHESTRATOR_URL=http://127.0.0.1:$ORCHESTRATOR_PORT
}

# start_named NAME...: services that are to stand when this returns.
start_named() {
    local name
    for name in "$@"; do
        case $name in
            payments) start_service payments "$PAYMENT_SIMULATOR_PORT" env DB_NAME=payments "$products/PaymentSimulator" ;;
            customers) start_service customers "$CUSTOMERS_PORT" env DB_NAME=customers "$products/CustomersAPI" ;;
            orders) start_service orders "$ORDERS_PORT" env DB_NAME=orders "$products/OrdersAPI" ;;
            orchestrator) start_service orchestrator "$ORCHESTRATOR_PORT" "$products/Orchestrator" ;;
            notifier) start_service notifier "$NOTIFIER_PORT" env DB_NAME=notifier "$products/Notifier" ;;
            webhooks) start_service webhooks "$WEBHOOK_PORT" "$products/Notifier" show-webhooks ;;
        esac
    done
    for name in "$@"; do wait_for_service "$name" "$(port_of "$name")"; done
}

port_of() {
    case $1 in
        payments) printf '%s' "$PAYMENT_SIMULATOR_PORT" ;;
        customers) printf '%s' "$CUSTOMERS_PORT" ;;
        orders) printf '%s' "$ORDERS_PORT" ;;
        orchestrator) printf '%s' "$ORCHESTRATOR_PORT" ;;
        notifier) printf '%s' "$NOTIFIER_PORT" ;;
        webhooks) printf '%s' "$WEBHOOK_PORT" ;;
    esac
}

# stop_named NAME...: fails unless each ends in order.
stop_named() {
    local name status
    for name in "$@"; do
        status=0
        stop_processes 20 "${service_process[$name]}" || status=1
        wait "${service_process[$name]}" 2>/dev/null || status=$?
        unset "service_process[$name]"
        ((status == 0)) || fail "$name did not stop cleanly ($(exit_status "$status")). $(end_of_log "$name")"
    done
}

# migrate_all: makes the schemas, with the demonstration's products and customers.
migrate_all() {
    local step
    for step in migrate seed; do
        run_step customers "$step" env DB_NAME=customers "$products/CustomersAPI" "$step"
        run_step orders "$step" env DB_NAME=orders "$products/OrdersAPI" "$step"
        run_step notifier "$step" env DB_NAME=notifier "$products/Notifier" "$step"
    done
    run_step payments migrate env DB_NAME=payments "$products/PaymentSimulator" migrate
}

# make_customer_token: exports CUSTOMER_TOKEN, which holds for longer than any check takes.
make_customer_token() {
    CUSTOMER_TOKEN=$(DB_NAME=orders "$products/OrdersAPI" token --customer 1)
    export CUSTOMER_TOKEN
}

orders_tool() { python3 "$library/operations/orders.py" "$@"; }

# metric NAME PORT: prints the value of a series as /metrics shows it.
metric() { curl --silent --fail --noproxy '*' --max-time 5 "http://127.0.0.1:$2/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }

# stock_errors: prints how many products have another stock than the ledger less what orders hold.
stock_errors() {
    administer <<<"SELECT COUNT(*) FROM orders.products p
        WHERE p.stock <> (SELECT COALESCE(SUM(delta), 0) FROM orders.stock_adjustments a WHERE a.product_id = p.id)
            - (SELECT COALESCE(SUM(i.qty), 0) FROM orders.order_items i JOIN orders.orders o ON o.id = i.order_id
                WHERE i.product_id = p.id AND o.status IN ('CREATED', 'STOCK_RESERVED', 'PAID', 'CONFIRMED'));"
}

# is_settled: whether no asynchronous order is under way, and every event has its number.
is_settled() { [[ $(administer <<<"SELECT (SELECT COUNT(*) FROM orders.order_sagas) + (SELECT COUNT(*) FROM orders.event_outbox)") == 0 ]]; }

# everything_is_delivered: whether the Notifier has every event of the log and has delivered it.
everything_is_delivered() {
    [[ $(administer <<<"SELECT (SELECT COUNT(*) FROM notifier.lanes) + (SELECT COUNT(*) FROM orders.event_log l
        LEFT JOIN notifier.inbox i ON i.seq = l.seq WHERE i.seq IS NULL)") == 0 ]]
}

# has_lines FILE COUNT
has_lines() { [[ -e $1 ]] && (($(wc -l <"$1") >= $2)); }

# hear_of_orders: an endpoint for all events, which takes whatever comes.
hear_of_orders() {
    curl --silent --show-error --fail --noproxy '*' --max-time 10 --output /dev/null \
        --header "Authorization: Bearer $API_TOKEN" --header 'Content-Type: application/json' \
        --data "{\"url\": \"http://127.0.0.1:$WEBHOOK_PORT/webhooks\"}" "http://127.0.0.1:$NOTIFIER_PORT/admin/webhooks/create-endpoint"
}

former_databases=() # Servers that services have moved away from.

# move_to_another_server [DATA]: starts another database server, without data or with the folder DATA, for what is started from now on; the
# first one goes on.
move_to_another_server() {
    former_databases+=("$database_process")
    database_process='' database_has_started=''
    unset DB_PORT
    run_directory=$system_folder/server-${#former_databases[@]}
    mkdir -p "$run_directory/logs"
    [[ -z ${1:-} ]] || mv "$1" "$run_directory/mariadb"
    start_private_database customers orders notifier payments
}

# end_system: on every way out.
end_system() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP
    stop_services || status=$((status == 0 ? 1 : status))
    stop_private_database || status=$((status == 0 ? 1 : status))
    ((${#former_databases[@]} == 0)) || stop_processes "$database_stop_seconds" "${former_databases[@]}" || status=$((status == 0 ? 1 : status))
    cd /
    rm -rf "$system_folder"
    exit "$status"
}
