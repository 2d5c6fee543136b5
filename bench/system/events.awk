# The results of events.sh as a table: the median of each figure with the lowest and the highest, what is wanted of it, and whether it is
# reached. A line is NAME|VALUE.
BEGIN {
    least["numbered against created"] = 5
    most["idle: p99 ms"] = 20
    least["webhooks a second"] = 2000
    least["beside one that hangs: against that"] = 0.95
    least["beside one that refuses: against that"] = 0.95
}

{
    if (!($1 in counts)) names[++name_count] = $1
    for (i = ++counts[$1]; i > 1 && values[$1, i - 1] > $2 + 0; i--) values[$1, i] = values[$1, i - 1]
    values[$1, i] = $2 + 0
}

END {
    printf "%-42s %12s %23s  %s\n", "", "median", "lowest-highest", "wanted"
    for (n = 1; n <= name_count; n++) {
        name = names[n]
        count = counts[name]
        middle = (values[name, int((count + 1) / 2)] + values[name, int(count / 2) + 1]) / 2
        wanted = ""
        if (name in least) wanted = "at least " least[name] (middle >= least[name] ? ", reached" : ", not reached")
        if (name in most) wanted = "at most " most[name] (middle <= most[name] ? ", reached" : ", not reached")
        spread = sprintf(form(middle), values[name, 1]) "-" sprintf(form(middle), values[name, count])
        line = sprintf("%-42s %12s %23s  %s", name, sprintf(form(middle), middle), spread, wanted)
        sub(/ +$/, "", line)
        print line
    }
}

function form(value) { return value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f" }
