"""What can be said of rules and dashboards without a running system: prints each mistake, and fails where there is one.

- Each alert has a severity, a summary, and an entry of its name in docs/operations.md; that has no other.
- Each alert is seen firing and seen silent by a test in deploy/prometheus/tests.
- Each dashboard is one by Grafana's own types, its panels do not overlap, and its queries can be read.
- Each metric that an expression names is one that Sources/ has.
"""

import re
import subprocess
import sys
import tempfile

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
import json

from expressions import REPOSITORY, dashboards, queries, rules, selectors

SEVERITIES = {"critical", "warning"}
# Of Prometheus itself.
OWN_METRICS = {"up", "ALERTS"}
mistakes = []


def check_alerts(alerts):
    operations = (REPOSITORY / "docs/operations.md").read_text()
    section = re.search(r"^## Alerts$(.*?)^## ", operations, re.M | re.S)[1]
    documented = re.findall(r"^### (\w+)$", section, re.M)
    for alert in alerts:
        name, annotations = alert["alert"], alert["annotations"]
        if alert["labels"].get("severity") not in SEVERITIES:
            mistakes.append(f"{name} has no severity of {sorted(SEVERITIES)}.")
        if not annotations.get("summary"):
            mistakes.append(f"{name} has no summary.")
        if annotations.get("runbook") != f"docs/operations.md#{name.lower()}":
            mistakes.append(f"The runbook of {name} is not docs/operations.md#{name.lower()}.")
        if name not in documented:
            mistakes.append(f"docs/operations.md has no entry for {name}.")
    names = [alert["alert"] for alert in alerts]
    mistakes.extend(f"docs/operations.md has an entry for {name}, which is no alert." for name in documented if name not in names)
    mistakes.extend(f"There are two alerts {name}." for name in set(names) if names.count(name) > 1)


def check_tests(alerts):
    firing, silent = set(), set()
    for path in (REPOSITORY / "deploy/prometheus/tests").glob("*.yaml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                (firing if case["exp_alerts"] else silent).add(case["alertname"])
    for name in (alert["alert"] for alert in alerts):
        if name not in firing:
            mistakes.append(f"No test sees {name} fire.")
        if name not in silent:
            mistakes.append(f"No test sees {name} silent.")


def lost(given, read, path=""):
    """The members of `given` that `read`, what Grafana's types made of it, has not or has otherwise."""
    if isinstance(given, dict):
        for key, value in given.items():
            if key not in (read or {}):
                # A null, and what is empty by default, may be left out.
                if value not in (None, "", [], {}, False):
                    yield f"{path}.{key}"
            else:
                yield from lost(value, read[key], f"{path}.{key}")
    elif isinstance(given, list):
        if len(given) != len(read or []):
            yield path
        else:
            for index, value in enumerate(given):
                yield from lost(value, read[index], f"{path}[{index}]")
    elif given != read:
        yield path


def check_dashboard(path, model):
    for member in lost(model, json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(model)))):
        mistakes.append(f"{path.name}: Grafana's types do not know {member}.")
    taken, ids = {}, set()
    for panel in model["panels"]:
        if panel["id"] in ids:
            mistakes.append(f"{path.name}: two panels have the id {panel['id']}.")
        ids.add(panel["id"])
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                if other != panel["title"] or x >= 24:
                    mistakes.append(f"{path.name}: {panel['title']} overlaps {other}.")
                    return
        if panel["type"] != "row" and not panel.get("targets"):
            mistakes.append(f"{path.name}: {panel['title']} has no query.")


def check_metrics(expressions, recorded):
    sources = "\n".join(path.read_text() for path in (REPOSITORY / "Sources").rglob("*.swift"))
    texts = " ".join(re.findall(r'"([^"\n]*)"', sources))
    known = set(re.findall(r"[a-z][a-z0-9_]+", texts)) | recorded | OWN_METRICS
    for name in sorted({name for expression in expressions for name, _ in selectors(expression)}):
        if name not in known and re.sub(r"_(bucket|count|sum)$", "", name) not in known:
            mistakes.append(f"No service has the metric {name}.")


def check_syntax(expressions):
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        all_rules = [{"record": f"query:number{number}", "expr": text} for number, text in enumerate(expressions)]
        yaml.safe_dump({"groups": [{"name": "queries", "rules": all_rules}]}, file)
        file.flush()
        run = subprocess.run(["promtool", "check", "rules", "--lint=none", file.name], capture_output=True, text=True, timeout=60)
    if run.returncode:
        mistakes.append(run.stdout + run.stderr)


def main():
    all_rules = list(rules())
    alerts = [rule for rule in all_rules if "alert" in rule]
    check_alerts(alerts)
    check_tests(alerts)
    asked, uids = [], []
    for path, model in dashboards():
        check_dashboard(path, model)
        uids.append(model["uid"])
        asked += [expression for _, expression in queries(model)]
    if len(set(uids)) < len(uids):
        mistakes.append("Two dashboards have the same uid.")
    check_syntax(asked)
    check_metrics(asked + [rule["expr"] for rule in all_rules], {rule["record"] for rule in all_rules if "record" in rule})
    for mistake in mistakes:
        print(mistake)
    print(f"{len(alerts)} alerts, {len(uids)} dashboards with {len(asked)} queries, {len(mistakes)} mistakes")
    sys.exit(bool(mistakes))


main()
