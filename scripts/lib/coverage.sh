# shellcheck shell=bash
# Line coverage of Sources/ over all processes that the tests ran: the test bundle and the services it started. Sourced.

coverage_percent_min=85

# print_coverage PRODUCTS: a table by target; fails under `coverage_percent_min`.
print_coverage() {
    local products=$1 tools profiles product objects=() bundles
    tools=$(toolchain_folder)
    profiles=("$products"/codecov/*.profraw)
    [[ -e ${profiles[0]} ]] || fail "The tests left no coverage data in $products/codecov."
    "$tools/llvm-profdata" merge -sparse "${profiles[@]}" -o "$products/codecov/all.profdata"
    bundles=("$products"/*PackageTests.xctest)
    for product in CustomersAPI OrdersAPI Orchestrator; do objects+=(-object "$products/$product"); done
    "$tools/llvm-cov" export -format=lcov -summary-only -instr-profile "$products/codecov/all.profdata" \
        "${bundles[0]}" "${objects[@]}" >"$products/codecov/all.lcov"
    awk -F: -v root="$repository/Sources/" -v percent_min="$coverage_percent_min" -f "$library/coverage.awk" \
        "$products/codecov/all.lcov"
}
