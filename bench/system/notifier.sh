# shellcheck shell=bash
# The Notifier of scripts/bench events, what it is given to deliver, and who receives it. Sourced; needs system.sh and what that needs.

events_stored=1000000000 # Above all numbers that the services give in a run: orders and events that are put in by SQL.
healthy_count=7
hook_wait_seconds=120 # For a backlog; it takes a tenth of that.
# The text of an event's id, as positions have it.
uuid_text="LOWER(INSERT(INSERT(INSERT(INSERT(HEX(event_id), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-'))"

# event_body: the SQL of an event of 1 KiB.
event_body() {
    local head='{"specversion":"1.0","id":"x","source":"/orders-api","type":"order.created","data":"'
    printf "CONCAT('%s', REPEAT('x', %d), '\"}')" "$head" $((1024 - ${#head} - 2))
}

# start_notifier: on the first processor, at the end of the log, with an endpoint that wants new orders; sets `receiver_port`, `dead_port`
# and `order_port` to ports that nobody listens on.
start_notifier() {
    local port
    SECRETS_KEY=$(head -c 32 /dev/urandom | base64)
    WEBHOOK_ALLOWED_NETWORKS=127.0.0.0/8
    export SECRETS_KEY WEBHOOK_ALLOWED_NETWORKS
    run_step notifier migrate env DB_NAME=notifier "$products/Notifier" migrate
    administer <<SQL || fail "The Notifier could not be put to the end of the log."
        UPDATE notifier.feed_cursor JOIN orders.event_log JOIN orders.order_events USING (order_id, version)
        SET feed_cursor.seq = event_log.seq, position = CONCAT(event_log.seq, '-', $uuid_text)
        WHERE event_log.seq = (SELECT seq FROM orders.event_sequence WHERE id = 1);
SQL
    port=$(free_port $((service_port[orchestrator] + 1)))
    service_port["notifier"]=$port
    run_notifier
    receiver_port=$(free_port $((port + 1)))
    dead_port=$(free_port $((receiver_port + 1)))
    order_port=$(free_port $((dead_port + 1)))
    create_endpoint "$order_port" order.created >/dev/null
    healthy=()
}

run_notifier() {
    start_service notifier "${service_port[notifier]}" env DB_NAME=notifier taskset -c 0 "$products/Notifier"
    wait_for_service notifier "${service_port[notifier]}"
}

# require_healthy: makes the endpoints in `healthy`.
require_healthy() {
    local number
    ((${#healthy[@]} == 0)) || return 0
    for ((number = 0; number < healthy_count; number++)); do healthy+=("$(create_endpoint "$receiver_port" order.canceled)"); done
}

# create_endpoint PORT TYPE: prints its id.
create_endpoint() {
    local answer
    answer=$(curl --silent --fail --noproxy '*' --header "Authorization: Bearer $API_TOKEN" --header 'Content-Type: application/json' \
        --data "{\"url\":\"http://127.0.0.1:$1/hook\",\"types\":[\"$2\"]}" \
        "http://127.0.0.1:${service_port[notifier]}/admin/webhooks/create-endpoint") || fail "The Notifier makes no endpoint: $answer"
    [[ $answer =~ \"id\":([0-9]+) ]] || fail "The Notifier's endpoint has no id: $answer"
    printf '%s' "${BASH_REMATCH[1]}"
}

# remove_endpoint ID: with what was meant for it.
remove_endpoint() {
    administer <<<"DELETE FROM notifier.endpoints WHERE id = $1; DELETE FROM notifier.lanes WHERE endpoint_id = $1;
        DELETE FROM notifier.deliveries WHERE endpoint_id = $1;"
    pause 1.2 # The Notifier looks once a second.
}

# queue_deliveries COUNT ENDPOINT...: of COUNT events of 1 KiB, each of an order of its own, to each ENDPOINT; due in a second.
queue_deliveries() {
    local count=$1 ids
    shift
    ids=$(IFS=, && printf '%s' "$*")
    administer <<SQL || fail "The deliveries could not be made."
        SET @last = (SELECT GREATEST($events_stored, COALESCE(MAX(seq), 0)) FROM notifier.inbox);
        START TRANSACTION;
        INSERT INTO notifier.inbox (seq, order_id, event_id, event_type, body, created_at)
        SELECT @last + seq, @last + seq, UUID(), 'order.canceled', $(event_body), UTC_TIMESTAMP(6) FROM orders.seq_1_to_$count;
        INSERT INTO notifier.deliveries (endpoint_id, order_id, seq, replay, event_id, event_type, state, created_at)
        SELECT id, order_id, seq, 0, event_id, event_type, 'PENDING', inbox.created_at
        FROM notifier.inbox JOIN notifier.endpoints WHERE seq > @last AND id IN ($ids);
        INSERT INTO notifier.lanes (endpoint_id, order_id, replay, run_at, fence)
        SELECT id, order_id, 0, UTC_TIMESTAMP(6) + INTERVAL 1 SECOND, 0
        FROM notifier.inbox JOIN notifier.endpoints WHERE seq > @last AND id IN ($ids);
        COMMIT;
SQL
}

# start_receiver COUNT: on the last processor; its lines go to `received`.
start_receiver() {
    received=$run_directory/received
    : >"$received"
    start_process "$received" taskset -c $(($(nproc) - 1)) "$programs/webhooks" receive "$receiver_port" "$1"
    receiver=$started_process
    wait_until 5 port_is_taken "$receiver_port" || fail "The receiver does not start: $(<"$received")"
}

# wait_for_received LINES: until that many have been told; prints how many came a second, by the last one.
wait_for_received() {
    wait_until "$hook_wait_seconds" has_lines "$received" "$1" || fail "The webhooks did not all arrive: $(end_of_log notifier)"
    tail -n 1 "$received" | awk '{ printf "%.1f", $1 / $2 }'
}

has_lines() { (($(wc -l <"$1") >= $2)); }
