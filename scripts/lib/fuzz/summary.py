"""The closing line of scripts/fuzz-contracts, from schemathesis's reports; fails unless everything was tested and held."""

import json
import sys

reports = []
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        reports.append(json.load(file))

operations = sum(report["operations"]["total"] for report in reports)
tested = sum(report["operations"]["tested"] for report in reports)
cases = sum(report["test_cases"]["generated"] for report in reports)
failures = sum(report["test_cases"]["unique_failures"] for report in reports)
errors = sum(len(report["errors"]) for report in reports)
unfinished = sum(not report["complete"] for report in reports)

print(f"R6: {tested}/{operations} operations, {cases} cases, {failures} failures, {errors} errors")
sys.exit(not (reports and tested == operations > 0 and failures == errors == unfinished == 0))
