# shellcheck shell=bash
# A private RabbitMQ for this machine only. Sourced; needs all.

broker_programs=/usr/lib/rabbitmq/bin # Debian's, without the wrapper that changes the user.
broker_start_seconds=60 # Erlang takes some 10 s.
broker_stop_seconds=30
broker_processes=()

# start_private_broker FOLDER: its data and log are in FOLDER; sets `broker_url`.
start_private_broker() {
    local folder=$1 port look_up_port
    port=$(free_port 24101)
    look_up_port=$(free_port $((port + 1)))
    mkdir -p "$folder"
    printf '[].\n' >"$folder/plugins"
    : >"$folder/rabbitmq.conf"
    # Nothing is read from or written to the machine's own broker: neither files nor ports, nor a cookie in $HOME.
    broker_environment=(env HOME="$folder" RABBITMQ_MNESIA_BASE="$folder/data" RABBITMQ_LOG_BASE="$folder/log"
        RABBITMQ_NODENAME="private$port@localhost" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="$port"
        RABBITMQ_DIST_PORT="$(free_port $((look_up_port + 1)))" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$look_up_port"
        RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" RABBITMQ_ADVANCED_CONFIG_FILE="$folder/advanced.config"
        RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins" RABBITMQ_PID_FILE="$folder/pid"
        ERL_CRASH_DUMP="$folder/erl_crash.dump" RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}')
    # The look-up daemon that the broker would start outlives it.
    start_process "$folder/epmd.log" epmd -port "$look_up_port" -address 127.0.0.1
    broker_processes=("$started_process")
    start_process "$folder/server.log" "${broker_environment[@]}" "$broker_programs/rabbitmq-server"
    broker_processes=("$started_process" "${broker_processes[@]}")
    if ! wait_until "$broker_start_seconds" broker_has_started_or_is_gone "$port" || is_gone "${broker_processes[0]}"; then
        fail "The private RabbitMQ does not start. The end of its log: $(tail -n 5 "$folder/server.log")"
    fi
    # shellcheck disable=SC2034 # Whoever sources this reads it.
    broker_url=amqp://guest:guest@127.0.0.1:$port
}

broker_has_started_or_is_gone() { is_gone "${broker_processes[0]}" || port_is_taken "$1"; }

stop_private_broker() {
    ((${#broker_processes[@]})) || return 0
    stop_processes "$broker_stop_seconds" "${broker_processes[@]}" || return 1
    broker_processes=()
}
