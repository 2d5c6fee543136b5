# The results of bench-lambda.sh as a table: medians over the rounds, and ratios to rawcurl.
# A line is CONTESTANT KIND FIGURE...; of warm and large: events per second, cycle in us, resident KiB; of cold: ms, ms.
{
    key = $1 " " $2
    count = ++rounds[key]
    for (i = 3; i <= NF; i++) figure[key, i - 2, count] = $i
}

END {
    row("contestant", "events/s", "cycle us", "x rawcurl", "1 MB us", "x rawcurl", "to next ms", "x rawcurl", "to answer ms", "RSS MB")
    names["rawsock"] = "C, one socket"
    names["rawcurl"] = "C over libcurl (rawcurl)"
    names["rawcurl-large"] = "C, libcurl's buffers large"
    names["echo"] = "Swift: raw echo"
    names["api-gateway"] = "Swift: API Gateway v2"
    names["orchestrator"] = "Orchestrator (bootstrap)"
    split("rawsock rawcurl rawcurl-large echo api-gateway orchestrator", order, " ")
    for (i = 1; i <= 6; i++) {
        name = order[i]
        # A rate is compared by cycles, which a pause of the machine in one round does not change.
        row(names[name], shown(name, "warm", 1, "%.0f"), shown(name, "warm", 2, "%.1f"), \
            ratio("rawcurl", name, "warm", 2), shown(name, "large", 2, "%.0f"), ratio(name, "rawcurl", "large", 2), \
            shown(name, "cold", 1, "%.2f"), ratio(name, "rawcurl", "cold", 1), shown(name, "cold", 2, "%.2f"), megabytes(name))
    }
}

function row(name, a, b, c, d, e, f, g, h, i) {
    printf "%-27s %9s %9s %10s %8s %10s %11s %10s %13s %7s\n", name, a, b, c, d, e, f, g, h, i
}

function median(name, kind, column, key, count, i, j, value, values) {
    key = name " " kind
    count = rounds[key]
    for (i = 1; i <= count; i++) {
        value = figure[key, column, i] + 0
        for (j = i - 1; j >= 1 && values[j] > value; j--) values[j + 1] = values[j]
        values[j + 1] = value
    }
    return values[int((count + 1) / 2)]
}

function has(name, kind) { return (name " " kind) in rounds }

function shown(name, kind, column, format) {
    return has(name, kind) ? sprintf(format, median(name, kind, column)) : "-"
}

function ratio(upper, lower, kind, column) {
    return has(upper, kind) && has(lower, kind) ? sprintf("%.2f", median(upper, kind, column) / median(lower, kind, column)) : "-"
}

function megabytes(name) { return has(name, "warm") ? sprintf("%.1f", median(name, "warm", 3) / 1024) : "-" }
