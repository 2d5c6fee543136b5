# shellcheck shell=bash
# One order through the Orchestrator, and what to try next. Sourced; needs output, settings and services.

# place_order URL KEY: prints the reply; fails unless it is 201.
place_order() {
    local url=$1 body reply status token
    body="{\"customer_id\": 1, \"items\": [{\"product_id\": 1, \"qty\": 2}, {\"product_id\": 2, \"qty\": 1}], \"idempotency_key\": \"$2\"}"
    reply=$run_directory/reply.json
    token=$(secret API_TOKEN)
    # The token goes in by standard input: a command line can be read by every user of the machine.
    status=$(
        { [[ -z $token ]] || printf 'header = "Authorization: Bearer %s"\n' "$token"; } |
            curl --silent --show-error --noproxy '*' --max-time 30 --config - --header 'Content-Type: application/json' \
                --data "$body" --output "$reply" --write-out '%{http_code}' "$url"
    ) || return 1
    phase_done order "POST $url answered $status"
    awk -f "$library/pretty-json.awk" "$reply"
    [[ $status == 201 ]]
}

# suggest_commands URL KEY: the commands to go on with.
suggest_commands() {
    local authorization=''
    if [[ -n $(secret API_TOKEN) ]]; then authorization=" -H \"Authorization: Bearer \$API_TOKEN\""; fi
    cat <<END

Place this order; the same key again gives the same order, marked as a replay:
  curl -i$authorization -H 'Content-Type: application/json' $1 \\
    -d '{"customer_id": 1, "items": [{"product_id": 1, "qty": 2}, {"product_id": 2, "qty": 1}], "idempotency_key": "$2"}'
All orders, and how the services are:
  curl$authorization 'http://$local_host:$ORDERS_PORT/admin/orders/find-all?limit=5'
  curl http://$local_host:$ORCHESTRATOR_PORT/health/ready
END
}
