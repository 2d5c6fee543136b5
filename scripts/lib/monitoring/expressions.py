"""The expressions of deploy/prometheus and deploy/grafana, and the parts they are made of."""

import json
import pathlib
import re

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
# What Grafana puts in the place of its variables.
GRAFANA_VARIABLES = {"$__rate_interval": "1m", "$instance": ".*"}
# A selector: a name that no parenthesis follows, and its labels. Words of the language are told apart below.
SELECTOR = re.compile(r'(?<![\w:$])([a-zA-Z_:][\w:]*)(\s*\{[^}]*\})?(?!\s*\(|[\w:(])')
WORDS = {"and", "or", "unless", "by", "on", "without", "ignoring", "group_left", "group_right", "bool", "offset"}
GROUPINGS = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)")
STRINGS_AND_COMPARISONS = re.compile(r'"(?:[^"\\]|\\.)*"|\{[^}]*\}|(==|!=|>=|<=|>|<)')


def rules():
    """Each rule of deploy/prometheus/rules, as it is written."""
    for path in sorted((REPOSITORY / "deploy/prometheus/rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def dashboards():
    """Each dashboard as (path, model)."""
    for path in sorted((REPOSITORY / "deploy/grafana/dashboards").glob("*.json")):
        yield path, json.loads(path.read_text())


def queries(dashboard):
    """Each query of a dashboard as (title of its panel, expression as Prometheus gets it)."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"]
            for name, value in GRAFANA_VARIABLES.items():
                expression = expression.replace(name, value)
            yield panel["title"], expression


def selectors(expression):
    """The selectors of an expression: (name of the metric, the selector)."""
    for match in SELECTOR.finditer(GROUPINGS.sub(" ", expression)):
        name, labels = match.groups()
        # Units of durations follow a digit and are no names; a word in quotes is inside of braces, which belong to a selector.
        if name not in WORDS:
            yield name, name + (labels or "").strip()


def without_comparisons(expression):
    """The expression with each comparison answering 0 or 1 instead of leaving out what it does not hold for."""
    return STRINGS_AND_COMPARISONS.sub(lambda match: f"{match[0]} bool" if match[1] else match[0], expression)
