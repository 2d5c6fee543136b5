# The results of measure_memory as a table. A line is SERVICE IDLE-PSS IDLE-RSS HELD-PSS HELD-RSS, in kB.
{
    if (!($1 in rounds)) names[++name_count] = $1
    count = ++rounds[$1]
    for (i = 2; i <= 5; i++) figure[$1, i, count] = $i / 1024
}

END {
    printf "%-18s %18s %18s %18s %18s\n", "service", "idle PSS", "idle RSS", "512 clients PSS", "512 clients RSS"
    for (n = 1; n <= name_count; n++) {
        printf "%-18s", names[n]
        for (i = 2; i <= 5; i++) printf " %18s", cell(names[n], i)
        print ""
    }
}

function cell(name, column, i, j, value, values, count) {
    count = rounds[name]
    for (i = 1; i <= count; i++) {
        value = figure[name, column, i]
        for (j = i - 1; j >= 1 && values[j] > value; j--) values[j + 1] = values[j]
        values[j + 1] = value
    }
    return sprintf("%.1f (%.1f-%.1f)", (values[int((count + 1) / 2)] + values[int(count / 2) + 1]) / 2, values[1], values[count])
}
