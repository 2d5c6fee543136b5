# The results of bench.sh as a table: medians over the rounds with the lowest and the highest; beside each of a group's
# contestants but the first the ratio of the first to it in each round. Called with `columns`, the names of the figures to show.
# A line is GROUP|CONTESTANT|DONE|SECONDS|P50-MS|P99-MS|STATUS:COUNT,...|CPU-MS|CUSTOMERS|ORDERS|ORCHESTRATOR|DATABASE|STATEMENTS,
# CPU-MS of all services, then of each.
BEGIN {
    split("rate per_cpu p50 p99 services customers orders orchestrator database statements", names, " ")
    split("per second|per CPU-s|p50 ms|p99 ms|CPU us|customers us|orders us|orchestrator us|database us|statements", titles, "|")
    split("%.0f %.0f %.2f %.2f %.1f %.1f %.1f %.1f %.1f %.2f", formats, " ")
    for (i = 1; i in names; i++) {
        title[names[i]] = titles[i]
        format[names[i]] = formats[i]
    }
    shown_count = split(columns, shown, " ")
}

{
    if (!($1 in contestants)) {
        groups[++group_count] = $1
        contestants[$1] = 0
    }
    if (!(($1, $2) in rounds)) contestant[$1, ++contestants[$1]] = $2
    round = ++rounds[$1, $2]
    key = $1 SUBSEP $2 SUBSEP round
    figure[key, "rate"] = $3 / $4
    figure[key, "per_cpu"] = $8 > 0 ? $3 * 1000 / $8 : "-"
    figure[key, "p50"] = $5
    figure[key, "p99"] = $6
    figure[key, "services"] = of_each($8, $3)
    figure[key, "customers"] = of_each($9, $3)
    figure[key, "orders"] = of_each($10, $3)
    figure[key, "orchestrator"] = of_each($11, $3)
    figure[key, "database"] = of_each($12, $3)
    figure[key, "statements"] = $13 / $3
    note_count = split($7, notes, /[:,]/)
    for (i = 1; i < note_count; i += 2) if (notes[i] !~ /^2/ && notes[i + 1] > 0) odd[$1 ", " $2 ": " notes[i]] += notes[i + 1]
}

END {
    for (g = 1; g <= group_count; g++) {
        group = groups[g]
        ours = group SUBSEP contestant[group, 1]
        printf "%-19s %20s", group, contestant[group, 1]
        for (i = 2; i <= contestants[group]; i++) printf " %23s %19s", contestant[group, i], "ratio"
        print ""
        for (c = 1; c <= shown_count; c++) {
            name = shown[c]
            printf "  %-14s %23s", title[name], cell(ours, "", name, format[name])
            for (i = 2; i <= contestants[group]; i++) {
                reference = group SUBSEP contestant[group, i]
                printf " %23s %19s", cell(reference, "", name, format[name]), cell(ours, reference, name, "%.2f")
            }
            print ""
        }
    }
    for (name in odd) printf "%s: %d times\n", name, odd[name]
}

function of_each(milliseconds, count) { return milliseconds == "-" ? "-" : milliseconds * 1000 / count }

# The median and the spread of the rounds' figures; with `divisor`, of their ratios to that contestant's.
function cell(who, divisor, column, format, i, j, count, value, values, least) {
    least = column ~ /^p[0-9]/ ? 0.001 : 0.5 # What is next to nothing is no divisor: half a microsecond, half a statement.
    for (i = 1; i <= rounds[who]; i++) {
        value = figure[who, i, column]
        if (divisor != "") value = value == "-" || figure[divisor, i, column] + 0 < least ? "-" : value / figure[divisor, i, column]
        if (value == "-") continue
        for (j = count++; j >= 1 && values[j] > value; j--) values[j + 1] = values[j]
        values[j + 1] = value
    }
    return count == 0 ? "-" : sprintf(format " (" format "-" format ")", middle(values, count), values[1], values[count])
}

function middle(values, count) { return (values[int((count + 1) / 2)] + values[int(count / 2) + 1]) / 2 }
