# shellcheck shell=bash
# The system that is measured: a private MariaDB with many customers and products, and the services in their release build.
# Sourced; needs output, settings, requirements, ports, processes, database and services.

products_count=10000
stock_of_each=1000000000 # More than any run can sell.
clock_ticks=$(getconf CLK_TCK)

# start_system CUSTOMERS SOCKET [SETTING=VALUE...]: everything in `run_directory`, which `stop_system` removes. With SOCKET the database is
# reached by its Unix socket instead of loopback TCP. The settings are for all services.
start_system() {
    local step
    customers_count=$1
    run_directory=$(mktemp -d)
    trap stop_system EXIT
    end_on_signals
    mkdir "$run_directory/logs"
    cd "$run_directory" # Away from the .env of whoever measures.
    forget_settings
    ((${#@} <= 2)) || export "${@:3}"
    start_private_database customers orders notifier payments
    [[ -z $2 ]] || use_database_socket
    for step in customers:CustomersAPI orders:OrdersAPI; do
        run_step "${step%:*}" migrate env DB_NAME="${step%:*}" "$products/${step#*:}" migrate
    done
    fill_database
    start_services
}

# forget_settings: the services' defaults hold, but for tokens, logs, and orders that must not expire while a run lasts.
forget_settings() {
    local name
    while read -r name; do unset "$name" "${name}_FILE"; done < <(sed -n 's/^#\([A-Z_]*\)=.*/\1/p' "$repository/.env.example")
    SERVICE_TOKEN=$(random_secret)
    API_TOKEN=$(random_secret)
    LOAD_TOKEN=$API_TOKEN
    LOG_LEVEL=error
    RESERVATION_TTL_MINUTES=1440
    LOAD_CUSTOMERS=$customers_count
    LOAD_PRODUCTS=$products_count
    export SERVICE_TOKEN API_TOKEN LOG_LEVEL RESERVATION_TTL_MINUTES LOAD_TOKEN LOAD_CUSTOMERS LOAD_PRODUCTS
}

use_database_socket() {
    local user
    user=$(sql_text "$DB_USERNAME")@\'localhost\'
    administer <<<"CREATE USER $user IDENTIFIED BY $(sql_text "$DB_PASSWORD");
        GRANT ALL ON customers.* TO $user; GRANT ALL ON orders.* TO $user;"
    DB_SOCKET=$run_directory/mariadb/mariadb.sock
    export DB_SOCKET
    export -n DB_HOST DB_PORT # The services take one or the other.
}

fill_database() {
    administer <<<"INSERT INTO customers.customers
            (id, name, email, phone, identity_card, address, created_at, updated_at, has_words)
        SELECT seq, CONCAT('Customer ', seq), CONCAT('customer', seq, '@example.com'), '+593 99 000 0001', seq, 'Calle 1',
            UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), TRUE FROM customers.seq_1_to_$customers_count;
        INSERT INTO orders.products (id, sku, name, price_cents, stock, created_at, updated_at, has_words)
        SELECT seq, CONCAT('SKU-', seq), CONCAT('Product ', seq), 100 + seq, $stock_of_each,
            UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), TRUE FROM orders.seq_1_to_$products_count;" ||
        fail "The database could not be filled."
}

# start_services: and the peers that there are; sets `service_port` and `peer_port`.
start_services() {
    local name
    declare -gA service_port=() peer_port=([customers]=- [orders]=- [orchestrator]=-)
    local_host=127.0.0.1 # What wait_for_service asks.
    service_port[customers]=$(free_port 25001)
    service_port[orders]=$(free_port $((service_port[customers] + 1)))
    service_port[orchestrator]=$(free_port $((service_port[orders] + 1)))
    export CUSTOMERS_API_BASE=http://127.0.0.1:${service_port[customers]} ORDERS_API_BASE=http://127.0.0.1:${service_port[orders]}
    start_service customers "${service_port[customers]}" env DB_NAME=customers "$products/CustomersAPI"
    start_service orders "${service_port[orders]}" env DB_NAME=orders "$products/OrdersAPI"
    start_service orchestrator "${service_port[orchestrator]}" "$products/Orchestrator"
    for name in "${!service_port[@]}"; do wait_for_service "$name" "${service_port[$name]}"; done
    [[ -n $peer_reason ]] || start_peers
}

start_peers() {
    local name
    peer_port[customers]=$(free_port $((service_port[orchestrator] + 1)))
    peer_port[orders]=$(free_port $((peer_port[customers] + 1)))
    peer_port[orchestrator]=$(free_port $((peer_port[orders] + 1)))
    for name in customers orders orchestrator; do
        start_service "peer-$name" "${peer_port[$name]}" env CUSTOMERS_API_BASE="http://127.0.0.1:${peer_port[customers]}" \
            ORDERS_API_BASE="http://127.0.0.1:${peer_port[orders]}" "$programs/peer" "$name"
    done
    for name in "${!peer_port[@]}"; do wait_for_service "peer-$name" "${peer_port[$name]}"; done
}

# cpu_milliseconds PID: what the process has used, its threads and the kernel's work for it included; - for the process -.
cpu_milliseconds() {
    local stat fields
    if [[ $1 == - ]]; then
        printf '%s' -
        return
    fi
    stat=$(<"/proc/$1/stat")
    read -ra fields <<<"${stat##*) }" # The name may have blanks; the times are the 14th and 15th of all fields.
    printf '%s' $(((fields[11] + fields[12]) * 1000 / clock_ticks))
}

# statements_count: what the server has executed since its start.
statements_count() {
    local count
    count=$(administer <<<"SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'Questions'")
    printf '%s' "$count"
}

# On every way out: services first, so that none meets a database that is gone.
stop_system() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP
    stop_services || status=$((status == 0 ? 1 : status))
    stop_private_database || status=$((status == 0 ? 1 : status))
    cd /
    rm -rf "$run_directory"
    exit "$status"
}
