"""Asks a running Prometheus each query of each dashboard and each expression of each rule; fails where one has no answer.

python3 ask.py URL

A comparison answers 0 or 1 here instead of leaving out what it does not hold for: an alert that does not fire has an answer as well. Each
selector is asked for by itself, too. What is empty while all is well stands in quiet.txt with the reason.
"""

import json
import math
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

from expressions import dashboards, queries, rules, selectors, without_comparisons

# The seconds of each question; they take milliseconds.
TIMEOUT = 10


def read_quiet():
    lines = (pathlib.Path(__file__).parent / "quiet.txt").read_text().splitlines()
    return dict(line.split("\t", 1) for line in lines if line and not line.startswith("#"))


def answer(url, expression):
    """How many series with a number Prometheus answers with; a sentence where it refuses the question."""
    question = urllib.parse.urlencode({"query": expression})
    try:
        with urllib.request.urlopen(f"{url}/api/v1/query?{question}", timeout=TIMEOUT) as reply:
            result = json.load(reply)["data"]["result"]
    except urllib.error.HTTPError as error:
        return json.load(error)["error"]
    return sum(not math.isnan(float(series["value"][1])) for series in result)


def main():
    url, quiet = sys.argv[1], read_quiet()
    asked = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]
    asked += [(f"{path.stem}: {title}", text) for path, model in dashboards() for title, text in queries(model)]
    told, failed, used = {}, 0, set()
    for name, text in asked:
        parts = [selector for _, selector in selectors(text)]
        reasons = [part for part in parts if part.split("{")[0] in quiet or part in quiet]
        used.update(part if part in quiet else part.split("{")[0] for part in reasons)
        for expression in [part for part in parts if part not in reasons] + ([] if reasons else [without_comparisons(text)]):
            if expression in told:
                continue
            told[expression] = answer(url, expression)
            if told[expression] == 0 or isinstance(told[expression], str):
                failed += 1
                print(f"{name}: {told[expression] or 'no data'} for {expression}")
    for selector in sorted(quiet.keys() - used):
        failed += 1
        print(f"quiet.txt: nothing asks for {selector}")
    print(f"{len(asked)} expressions, {len(told)} questions, {failed} without an answer; {len(quiet)} selectors may be empty while all is well")
    sys.exit(bool(failed))


main()
