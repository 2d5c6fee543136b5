# shellcheck shell=bash
# AWS's runtime interface emulator around a function. Sourced; needs output, settings, ports, processes and tools.

# choose_emulator_ports FIRST RUNTIME-FIRST: sets LAMBDA_PORT and LAMBDA_RUNTIME_API_PORT to these, where they are not set.
choose_emulator_ports() {
    LAMBDA_PORT=${LAMBDA_PORT:-$1}
    LAMBDA_RUNTIME_API_PORT=${LAMBDA_RUNTIME_API_PORT:-$2}
    require_free_ports LAMBDA_PORT LAMBDA_RUNTIME_API_PORT
}

# read_function_settings: the variables of the Orchestrator as a function: those of the environment, of .env, and the token that
# scripts/run made, or any where that has not run: the function takes no example for one.
read_function_settings() {
    read_env_file "$repository/.env"
    read_env_file "$repository/.local/secrets.env"
    if [[ -z $(secret SERVICE_TOKEN) ]]; then
        SERVICE_TOKEN=$(random_secret)
        export SERVICE_TOKEN
    fi
}

# set_function_variables NAME: what Lambda tells the function NAME of itself, where the environment does not say otherwise.
set_function_variables() {
    export AWS_LAMBDA_FUNCTION_NAME=${AWS_LAMBDA_FUNCTION_NAME:-$1}
    export AWS_LAMBDA_FUNCTION_TIMEOUT=${AWS_LAMBDA_FUNCTION_TIMEOUT:-30}
    export AWS_LAMBDA_FUNCTION_MEMORY_SIZE=${AWS_LAMBDA_FUNCTION_MEMORY_SIZE:-512}
}

invocation_url() { printf '%s' "http://127.0.0.1:$LAMBDA_PORT/2015-03-31/functions/function/invocations"; }

# event_of_request METHOD PATH [BODY]: prints the event that API Gateway would send; BODY is what stands in a JSON string.
event_of_request() {
    cat <<END
{"version": "2.0", "rawPath": "$2", "rawQueryString": "", "headers": {"content-type": "application/json"}, "isBase64Encoded": false,
 "requestContext": {"stage": "\$default", "http": {"method": "$1", "path": "$2", "sourceIp": "127.0.0.1"}}, "body": "${3:-}"}
END
}

# sample_event KIND: prints the path of the sample event of that kind.
sample_event() {
    local event=$repository/serverless/events/$1.json kinds
    if [[ ! -r $event ]]; then
        kinds=("$repository"/serverless/events/*.json)
        kinds=("${kinds[@]##*/}")
        fail "There is no sample event of the kind $1; there are: ${kinds[*]%.json}"
    fi
    printf '%s' "$event"
}

# start_function LOG BOOTSTRAP: starts the emulator around BOOTSTRAP. Sets `emulator_process`. The addresses are named because the
# emulator's own default is every address of the machine.
start_function() {
    local emulator
    emulator=$(lambda_emulator)
    start_process "$1" "$emulator" --log-level "${LAMBDA_EMULATOR_LOG_LEVEL:-info}" \
        --runtime-interface-emulator-address "127.0.0.1:$LAMBDA_PORT" --runtime-api-address "127.0.0.1:$LAMBDA_RUNTIME_API_PORT" \
        "$2" handler
    emulator_process=$started_process
    wait_until 10 port_is_taken "$LAMBDA_PORT" ||
        fail "The emulator does not listen on port $LAMBDA_PORT; its log is $1."
}

# stop_function: the emulator ends the function with itself.
stop_function() {
    [[ -n ${emulator_process:-} ]] || return 0
    stop_processes 5 "$emulator_process" || true
    emulator_process=''
}

# invoke_function EVENT-FILE: prints the function's answer.
invoke_function() {
    curl --silent --show-error --fail-with-body --noproxy '*' --max-time $((AWS_LAMBDA_FUNCTION_TIMEOUT + 10)) \
        --data-binary "@$1" "$(invocation_url)"
}

# unzip_function ZIP FOLDER: unpacks with the modes that the zip names, as Lambda does.
unzip_function() {
    python3 -c 'import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    for entry in archive.infolist():
        os.chmod(archive.extract(entry, sys.argv[2]), entry.external_attr >> 16 & 0o777)' "$1" "$2"
}
