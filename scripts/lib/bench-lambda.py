"""The results of scripts/bench lambda as a table: medians over the rounds, of the ratios to rawcurl too.

A line is CONTESTANT KIND FIGURE...; of warm and large: events per second, cycle in us, resident KiB; of cold: ms, ms.
"""

import sys
from collections import defaultdict
from statistics import median

CONTESTANTS = {
    "rawsock": "C, one socket",
    "rawcurl": "C over libcurl (rawcurl)",
    "rawcurl-large": "C, libcurl's buffers large",
    "echo": "Swift: raw echo",
    "api-gateway": "Swift: API Gateway v2",
    "orchestrator": "Orchestrator (bootstrap)",
}
ROW = "{:<27} {:>9} {:>9} {:>10} {:>8} {:>10} {:>11} {:>10} {:>13} {:>7}"

rounds = defaultdict(list)
with open(sys.argv[1]) as file:
    for contestant, kind, *figures in map(str.split, file):
        rounds[contestant, kind].append([float(figure) for figure in figures])
medians = {key: [median(column) for column in zip(*rows)] for key, rows in rounds.items()}


def shown(contestant, kind, column, digits, unit=1):
    return f"{medians[contestant, kind][column] / unit:.{digits}f}" if (contestant, kind) in medians else "-"


def ratio(upper, lower, kind, column):
    """Of one turn to that of the same round, since the machine may be faster in one round than in another."""
    pairs = list(zip(rounds[upper, kind], rounds[lower, kind]))
    return f"{median(above[column] / below[column] for above, below in pairs):.2f}" if pairs else "-"


print(ROW.format(
    "contestant", "events/s", "cycle us", "x rawcurl", "1 MB us", "x rawcurl", "to next ms", "x rawcurl", "to answer ms", "RSS MB"))
for name, title in CONTESTANTS.items():
    # A rate is compared by cycles, which a pause of the machine in one round does not change.
    print(ROW.format(
        title, shown(name, "warm", 0, 0), shown(name, "warm", 1, 1), ratio("rawcurl", name, "warm", 1),
        shown(name, "large", 1, 0), ratio(name, "rawcurl", "large", 1), shown(name, "cold", 0, 2),
        ratio(name, "rawcurl", "cold", 0), shown(name, "cold", 1, 2), shown(name, "warm", 2, 1, unit=1024)))
