# An LCOV summary in, covered and all lines by target out; ends with status 1 under `percent_min` percent of all lines.

$1 == "SF" {
    inSources = index($2, root) == 1
    target = substr($2, length(root) + 1)
    sub(/^Kernel\//, "", target)
    sub(/\/.*/, "", target)
}
$1 == "LF" && inSources { lines[target] += $2; linesOfAll += $2 }
$1 == "LH" && inSources { covered[target] += $2; coveredOfAll += $2 }

END {
    for (target in lines) print row(target, covered[target], lines[target]) | "sort"
    close("sort")
    print row("Sources", coveredOfAll, linesOfAll)
    exit linesOfAll == 0 || 100 * coveredOfAll < percent_min * linesOfAll
}

function row(name, part, whole) {
    return sprintf("%-24s %6d of %6d lines  %5.1f %%", name, part, whole, whole ? 100 * part / whole : 100)
}
