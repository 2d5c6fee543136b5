# shellcheck shell=bash
# scripts/bench instructions: what the paths that every request takes cost in instructions, which no other load on the machine
# changes. Sourced.

# bench_instructions: fails where an operation takes more than bench/instructions/limits.txt has for it.
bench_instructions() {
    local folder=$repository/bench/instructions program operation limit took status=0
    (($# == 0)) || fail "scripts/bench instructions has no options."
    require_swift
    require_packages "${build_requirements[@]}" "${instruction_requirements[@]}"
    swift build --package-path "$repository" --configuration release --product InstructionBenchmark 1>&2
    program=$(swift build --package-path "$repository" --configuration release --show-bin-path)/InstructionBenchmark
    diff <("$program") <(sed -n 's/^\([a-z-]*\) .*/\1/p' "$folder/limits.txt") >&2 || fail "$folder/limits.txt has other operations."
    say "$(printf '%-16s %12s %8s' operation instructions limit)"
    while read -r operation limit; do
        took=$((($(count_instructions "$program" "$operation" 1100) - $(count_instructions "$program" "$operation" 100)) / 1000))
        say "$(printf '%-16s %12d %8d' "$operation" "$took" "$limit")"
        ((took <= limit)) || status=1
    done < <(grep -v '^#' "$folder/limits.txt")
    ((status == 0)) || say "Find out with valgrind --tool=callgrind where they go."
    return "$status"
}

# count_instructions PROGRAM OPERATION COUNT: of the whole process, its start included.
count_instructions() {
    SWIFT_DETERMINISTIC_HASHING=1 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 | sed -n 's/^==[0-9]*== Collected : //p'
}
