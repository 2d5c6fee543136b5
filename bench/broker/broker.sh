# shellcheck shell=bash
# scripts/bench amqp: messages that a broker has confirmed, a second. Sourced.

# bench_amqp [--rounds N] [--seconds S]: the publisher against the same in C and against Celery, in turns before one broker.
bench_amqp() {
    local rounds=5 seconds=5 reference python program
    while (($#)); do
        case $1 in
            --rounds) rounds=${2:-} && shift ;;
            --seconds) seconds=${2:-} && shift ;;
            *) fail "There is no option $1; scripts/bench --help lists those there are." ;;
        esac
        shift
    done
    [[ $rounds =~ ^[1-9][0-9]?$ && $seconds =~ ^[1-9][0-9]?$ ]] || misuse "--rounds and --seconds take whole numbers from 1 to 99."
    require_swift
    require_packages "${build_requirements[@]}" "${python_requirements[@]}" "${bench_requirements[@]}" "${test_requirements[@]}"
    TEST_PYTHON=$(test_python)
    export TEST_PYTHON
    python=$(celery_python)
    bench_folder=$(mktemp -d) # Not local: the trap reads it when this function has returned.
    trap 'rm -rf "$bench_folder"' EXIT
    reference=$bench_folder/publish
    # shellcheck disable=SC2046 # Several words.
    cc -O2 -o "$reference" "$repository/bench/broker/publish.c" $(pkg-config --cflags --libs librabbitmq)
    swift build --package-path "$repository" --configuration release --product BrokerBenchmark 1>&2
    program=$(swift build --package-path "$repository" --configuration release --show-bin-path)/BrokerBenchmark
    "$program" "$rounds" "$seconds" "$reference" "$python" "$repository/bench/broker/celery-publish.py"
}
