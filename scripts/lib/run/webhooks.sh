# shellcheck shell=bash
# A webhook endpoint of scripts/run's own, so that the first order is heard of. Sourced; needs all and services.

webhook_seconds=15 # For one order; it takes milliseconds.

has_webhook_viewer=''

# start_webhook_viewer: an endpoint at the Notifier, and the program that shows what comes there. Their secret is kept in
# `run_directory`, since the Notifier tells it once.
start_webhook_viewer() {
    local url=http://$local_host:$WEBHOOK_PORT/webhooks kept=$run_directory/webhook.secret id='' secret=''
    [[ ! -r $kept ]] || read -r id secret <"$kept" || true
    if [[ -z $id ]] || ! ask_notifier GET "find-one/$id" || ! grep -qF "\"url\":\"$url\"" "$run_directory/reply.json"; then
        if ! ask_notifier POST create-endpoint "{\"url\": \"$url\", \"description\": \"scripts/run\"}"; then
            say "No webhook will be shown, since the Notifier takes none at $url: $(head -c 500 "$run_directory/reply.json")"
            return
        fi
        id=$(sed -n 's/^{"data":{"id":\([0-9]*\),.*/\1/p' "$run_directory/reply.json")
        secret=$(sed -n 's/.*"secret":"\(whsec_[^"]*\)".*/\1/p' "$run_directory/reply.json")
        (umask 077 && printf '%s %s\n' "$id" "$secret" >"$kept")
    fi
    start_service_of webhooks
    wait_for_service webhooks "$WEBHOOK_PORT"
    has_webhook_viewer=yes
}

# webhook_secret: prints what the viewer's endpoint was given.
webhook_secret() { cut -d ' ' -f 2 "$run_directory/webhook.secret"; }

# ask_notifier METHOD OPERATION [BODY]: the reply is in reply.json; fails unless it is 2xx.
ask_notifier() {
    local body=() token
    [[ -z ${3:-} ]] || body=(--header 'Content-Type: application/json' --data "$3")
    token=$(secret API_TOKEN)
    # The token goes in by standard input: a command line can be read by every user of the machine.
    { [[ -z $token ]] || printf 'header = "Authorization: Bearer %s"\n' "$token"; } |
        curl --silent --show-error --noproxy '*' --max-time 30 --config - --request "$1" "${body[@]}" --fail-with-body \
            --output "$run_directory/reply.json" "http://$local_host:$NOTIFIER_PORT/admin/webhooks/$2" 2>/dev/null
}

# show_webhooks ORDER: waits for the webhook that tells of the order's confirmation, and shows those that came.
show_webhooks() {
    local log
    [[ -n $has_webhook_viewer ]] || return 0
    log=$(service_log webhooks)
    wait_until "$webhook_seconds" heard_of_confirmation "$log" "$1" || return 1
    phase_done webhook "http://$local_host:$WEBHOOK_PORT/webhooks heard of order $1"
    grep -F "\"subject\":\"orders/$1\"" "$log" | condense ''
}

heard_of_confirmation() { grep -F "\"subject\":\"orders/$2\"" "$1" | grep -qF '"type":"order.confirmed"'; }
