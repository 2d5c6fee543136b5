# Adds up what a test run noted of the contracts (CONTRACT_LOG). The first file lists what no test shows, with `#` reasons; it
# must be exactly what is missing, so that no gap opens or closes unseen.

FNR == NR {
    if ($0 !~ /^(#|$)/) excused[$0] = 1
    next
}
$1 == "documented" && !(substr($0, 12) in documented) {
    documented[substr($0, 12)] = 1
    total[$2]++
}
$1 == "seen" { seen[substr($0, 6)] = 1 }
END {
    for (item in documented) {
        if (item in seen) {
            split(item, word, " ")
            shown[word[1]]++
            if (item in excused) { print "shown, but listed as a gap: " item; flaws++ }
        } else if (!(item in excused)) { print "shown by no test: " item; flaws++ }
    }
    for (item in excused) if (!(item in documented)) { print "listed as a gap, but not documented: " item; flaws++ }
    printf "R13: %d/%d operations, %d/%d statuses, %d/%d codes\n", shown["operation"], total["operation"],
        shown["status"], total["status"], shown["code"], total["code"]
    exit !total["operation"] || flaws > 0
}
