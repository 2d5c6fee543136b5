# shellcheck shell=bash
# scripts/bench events: from the commit of an order to its webhook. Sourced; needs bench.sh, system.sh and what those need.

events_stored=1000000000 # Above all numbers that the services give in a run: orders and events that are put in by SQL.
healthy_count=7
hook_wait_seconds=120 # For a backlog; it takes a tenth of that.
# The text of an event's id, as positions have it.
uuid_text="LOWER(INSERT(INSERT(INSERT(INSERT(HEX(event_id), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-'))"

event_parts=(numbering latency webhooks dead return snapshot)

# bench_events [--rounds N] [--quick] [PART...]: all parts where none is named.
bench_events() {
    local part parts=() rounds=3 seconds=4 numbered=100000 latencies=500 backlog=20000 round_backlog=7000 returning=10000 snapshot_rows=300000
    while (($#)); do
        case $1 in
            --rounds)
                [[ ${2:-} =~ ^([3-9]|[1-9][0-9])$ ]] || fail "--rounds takes a whole number from 3 to 99."
                rounds=$2
                shift
                ;;
            --quick) seconds=2 numbered=30000 latencies=150 backlog=6000 round_backlog=3500 returning=4000 snapshot_rows=100000 ;;
            numbering | latency | webhooks | dead | return | snapshot) parts+=("$1") ;;
            *) fail "There is no option $1; scripts/bench --help lists those there are." ;;
        esac
        shift
    done
    prepare_programs Notifier
    peer_reason='it has no events' # None is started.
    start_system 200 ''
    results=$run_directory/results
    : >"$results"
    say "$(nproc) processors, $(uname -m), load average $(cut -d ' ' -f 1 /proc/loadavg) before;" \
        "$(mariadbd --version | sed 's/.*Ver \([^-]*\).*/MariaDB \1/') by loopback TCP; $rounds rounds"
    ((${#parts[@]})) || parts=("${event_parts[@]}")
    for part in "${event_parts[@]}"; do
        [[ " ${parts[*]} " == *" $part "* ]] || continue
        [[ $part == numbering || -n ${service_process["notifier"]:-} ]] || start_notifier
        "measure_$part"
    done
    [[ ! -t 2 ]] || printf '\r' >&2
    awk -F '|' -f "$bench_sources/events.awk" "$results"
}

# note NAME VALUE
note() { say "$1|$2" >>"$results"; }

# take_figures COMMAND...: sets `figures` to what it prints.
take_figures() { figures=$("$@") || fail "${1##*/} could not be measured: $figures"; }

# ratio NUMBER DIVISOR
ratio() { awk -v number="$1" -v divisor="$2" 'BEGIN { printf "%.4f", number / divisor }'; }

# measure_numbering: the events of orders that are put in by SQL, in turns with orders; and one reader of the log.
measure_numbering() {
    local round count taken orders events figures
    warm_up "$programs/load" "${service_port[orders]}" 32 1 create-order
    for ((round = 1; round <= rounds; round++)); do
        tell_round "$round" "$rounds"
        take_figures "$programs/load" "${service_port[orders]}" 32 "$seconds" create-order
        read -r count taken _ <<<"$figures"
        orders=$(ratio "$count" "$taken")
        events=$(number_events $((events_stored * round)))
        note 'orders created a second' "$orders"
        note 'events numbered a second' "$events"
        note 'numbered against created' "$(ratio "$events" "$orders")"
    done
    for ((round = 1; round <= rounds; round++)); do
        take_figures "$programs/webhooks" feed "${service_port[orders]}" $((numbered / 2))
        read -r count taken <<<"$figures"
        note 'events read a second' "$(ratio "$count" "$taken")"
    done
}

# number_events FIRST: puts in events of orders from the id FIRST, and prints how many the Orders API numbers a second: from the first
# of its transactions that is seen to the last.
number_events() {
    administer <<SQL || fail "The events were not numbered."
        SET @last = (SELECT seq FROM orders.event_sequence WHERE id = 1);
        START TRANSACTION;
        INSERT INTO orders.order_events (order_id, version, event_id, type, body, created_at)
        SELECT $1 + seq, 1, UNHEX(MD5($1 + seq)), 'order.created', $(event_body), UTC_TIMESTAMP(6) FROM orders.seq_1_to_$numbered;
        INSERT INTO orders.event_outbox (order_id, version, type)
        SELECT $1 + seq, 1, 'order.created' FROM orders.seq_1_to_$numbered;
        COMMIT;
        DELIMITER //
        BEGIN NOT ATOMIC
            DECLARE first_seq, seen BIGINT DEFAULT @last;
            DECLARE began, deadline DATETIME(6) DEFAULT SYSDATE(6) + INTERVAL 120 SECOND;
            WHILE seen < @last + $numbered DO
                DO SLEEP(0.002);
                SELECT seq INTO seen FROM orders.event_sequence WHERE id = 1;
                IF first_seq = @last AND seen > @last THEN SET first_seq = seen, began = SYSDATE(6); END IF;
                IF SYSDATE(6) > deadline THEN SIGNAL SQLSTATE '45000'; END IF;
            END WHILE;
            SELECT (seen - first_seq) * 1000000 / TIMESTAMPDIFF(MICROSECOND, began, SYSDATE(6));
        END//
SQL
}

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

# measure_latency: from an order's reply to its webhook, nothing else under way.
measure_latency() {
    local round p50 p99 figures
    warm_up "$programs/webhooks" latency "${service_port[orders]}" "$order_port" 50
    for ((round = 1; round <= rounds; round++)); do
        tell_round "$round" "$rounds"
        take_figures "$programs/webhooks" latency "${service_port[orders]}" "$order_port" "$latencies"
        read -r _ _ p50 p99 <<<"$figures"
        note 'idle: p50 ms' "$p50"
        note 'idle: p99 ms' "$p99"
    done
}

# measure_webhooks: a backlog to several endpoints.
measure_webhooks() {
    local round count=$((backlog / healthy_count)) rate used database statements
    require_healthy
    backlog=$((count * healthy_count))
    start_receiver "$backlog"
    for ((round = 1; round <= rounds; round++)); do
        tell_round "$round" "$rounds"
        queue_deliveries "$count" "${healthy[@]}"
        used=$(cpu_milliseconds "${service_process[notifier]}")
        database=$(cpu_milliseconds "$database_process")
        statements=$(statements_count)
        rate=$(wait_for_received "$round")
        note 'webhooks a second' "$rate"
        statements=$(($(statements_count) - statements))
        used=$(($(cpu_milliseconds "${service_process[notifier]}") - used))
        note 'the Notifier, CPU us each' "$(ratio $((used * 1000)) "$backlog")"
        note 'webhooks a CPU-second of it' "$(ratio $((backlog * 1000)) "$used")"
        note 'the database, CPU us each' "$(ratio $((($(cpu_milliseconds "$database_process") - database) * 1000)) "$backlog")"
        note 'statements each' "$(ratio "$statements" "$backlog")"
    done
    stop_processes 5 "$receiver" || true
}

measure_dead() {
    require_healthy
    measure_dead_endpoint hangs
    measure_dead_endpoint refuses
}

# measure_dead_endpoint WAY: the rate of the others beside one that hangs or refuses, new in each round, and without it.
measure_dead_endpoint() {
    local round turn count=$((round_backlog / healthy_count)) rate beside dead
    start_receiver $((count * healthy_count))
    for ((round = 1; round <= rounds + 2; round++)); do
        tell_round "$round" $((rounds + 2))
        for turn in $((round % 2)) $(((round + 1) % 2)); do
            ((turn == 0)) || begin_dead_endpoint "$1"
            queue_deliveries "$count" "${healthy[@]}"
            rate=$(wait_for_received $(($(wc -l <"$received") + 1)))
            if ((turn == 0)); then alone=$rate; else beside=$rate && end_dead_endpoint; fi
        done
        note "without a dead endpoint: webhooks a second" "$alone"
        note "beside one that $1: against that" "$(ratio "$beside" "$alone")"
    done
    stop_processes 5 "$receiver" || true
}

# begin_dead_endpoint WAY: with deliveries that are under way; sets `dead` and `hanging`.
begin_dead_endpoint() {
    hanging=-
    if [[ $1 == hangs ]]; then
        start_process "$run_directory/logs/hanging.log" "$programs/webhooks" hang "$dead_port"
        hanging=$started_process
        wait_until 5 port_is_taken "$dead_port" || fail "The receiver that hangs does not start."
    fi
    dead=$(create_endpoint "$dead_port" order.canceled)
    queue_deliveries 500 "$dead"
    pause 2.5 # They are due in a second, and have waited for another.
}

end_dead_endpoint() {
    [[ $hanging == - ]] || stop_processes 5 "$hanging" || true
    remove_endpoint "$dead"
}

# measure_return: the latency of orders while an endpoint that was away takes what has waited for it, against that before; and its rate.
measure_return() {
    local round p50 p99 figures returned before few=$((latencies / 3))
    for ((round = 1; round <= rounds; round++)); do
        tell_round "$round" "$rounds"
        take_figures "$programs/webhooks" latency "${service_port[orders]}" "$order_port" "$few"
        read -r _ _ _ before <<<"$figures"
        returned=$(create_endpoint "$receiver_port" order.canceled)
        queue_deliveries "$returning" "$returned"
        pause 4 # It is known to fail by then.
        # Those that have failed wait for their next turn; the others are enough.
        start_receiver $((returning - 100))
        take_figures "$programs/webhooks" latency "${service_port[orders]}" "$order_port" "$few"
        read -r _ _ p50 p99 <<<"$figures"
        note 'while one comes back: p50 ms' "$p50"
        note 'while one comes back: p99 ms' "$p99"
        note 'the same against before' "$(ratio "$p99" "$before")"
        note 'it takes webhooks a second' "$(wait_for_received 1)"
        stop_processes 5 "$receiver" || true
        remove_endpoint "$returned"
    done
}

# measure_snapshot: how long an empty-handed claim takes in the database, beside finished rows that an open snapshot keeps; and how long one
# that begins at the beginning, as the Notifier's does once a minute.
measure_snapshot() {
    local snapshot id figures
    id=$(create_endpoint "$receiver_port" order.canceled)
    # Sessions that begin from here on have the times of their statements written down.
    administer <<<"SET GLOBAL long_query_time = 0, GLOBAL log_slow_filter = '', GLOBAL slow_query_log_file = 'statements.log',
        GLOBAL slow_query_log = ON"
    stop_processes 20 "${service_process[notifier]}" || fail "The Notifier does not stop."
    run_notifier
    take_figures claim_milliseconds "$id"
    note 'empty claim: ms' "$figures"
    start_process "$run_directory/logs/snapshot.log" mariadb --no-defaults --batch --socket="$run_directory/mariadb/mariadb.sock" \
        --user="$(id -un)" --execute='START TRANSACTION WITH CONSISTENT SNAPSHOT; SELECT 1; SELECT SLEEP(300)'
    snapshot=$started_process
    pause 1
    administer <<SQL || fail "The finished rows could not be made."
        START TRANSACTION;
        INSERT INTO notifier.lanes (endpoint_id, order_id, replay, run_at, fence)
        SELECT $id, 2 * $events_stored + seq, 0, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, 0 FROM orders.seq_1_to_$snapshot_rows;
        DELETE FROM notifier.lanes WHERE endpoint_id = $id AND order_id > 2 * $events_stored;
        COMMIT;
SQL
    take_figures claim_milliseconds "$id"
    note 'beside an open snapshot: ms' "$figures"
    take_figures claim_from_the_beginning_milliseconds "$id"
    note 'from the beginning: ms' "$figures"
    stop_processes 5 "$snapshot" || true
}

# claim_milliseconds ENDPOINT: the median of the Notifier's claims of 10 s, by the server's log; of those that have found nothing.
claim_milliseconds() {
    local log=$run_directory/mariadb/statements.log known
    known=$(wc -l <"$log")
    pause 10
    tail -n "+$((known + 1))" "$log" | awk -v endpoint="$1" '/^# Query_time:/ { seconds = $3; is_empty = $7 == 0 }
        /^SELECT order_id, replay, run_at FROM lanes/ { is_claim = is_empty; next }
        is_claim && $1 == "WHERE" && $4 == endpoint { print seconds * 1000 } { is_claim = 0 }' | sort -n |
        awk '{ all[NR] = $1 } END { if (!NR) exit 1; printf "%.3f", all[int((NR + 1) / 2)] }'
}

claim_from_the_beginning_milliseconds() {
    administer <<SQL
        USE notifier;
        SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;
        SET @began = SYSDATE(6);
        SELECT order_id FROM lanes FORCE INDEX (ix_lanes_run_at)
            WHERE endpoint_id = $1 AND run_at BETWEEN '2001-09-09' AND UTC_TIMESTAMP(6) ORDER BY run_at LIMIT 8 FOR UPDATE SKIP LOCKED;
        SELECT TIMESTAMPDIFF(MICROSECOND, @began, SYSDATE(6)) / 1000;
SQL
}
