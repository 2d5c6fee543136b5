"""Writes deploy/grafana/dashboards: one dashboard a service and one of all, as Grafana loads them.

python3 scripts/lib/monitoring/dashboards.py            writes them
python3 scripts/lib/monitoring/dashboards.py --check    fails where one is not what this would write
"""

import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "deploy/grafana/dashboards"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Of 24 columns: three panels in a row.
WIDTH, HEIGHT = 8, 7
NOT_PROBES = 'operation!~"get(API)?Health.*|getService|getMetrics"'


class Panel:
    """A graph of one or several queries, each with the legend of its series."""

    def __init__(self, title, unit, *queries, description="", stacked=False, kind="timeseries"):
        self.title, self.unit, self.queries = title, unit, queries
        self.description, self.stacked, self.kind = description, stacked, kind

    def model(self, number, x, y, replace):
        panel = {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": DATASOURCE,
            "gridPos": {"h": HEIGHT, "w": WIDTH, "x": x, "y": y},
            "fieldConfig": {"defaults": {"unit": self.unit, "min": 0}, "overrides": []},
            "targets": [
                {
                    "refId": chr(ord("A") + index),
                    "datasource": DATASOURCE,
                    "expr": replace(expression),
                    "legendFormat": legend,
                    "range": self.kind == "timeseries",
                    "instant": self.kind != "timeseries",
                }
                for index, (expression, legend) in enumerate(self.queries)
            ],
        }
        if self.kind == "timeseries":
            custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 20 if self.stacked else 0, "showPoints": "never"}
            custom["stacking"] = {"mode": "normal" if self.stacked else "none", "group": "A"}
            panel["fieldConfig"]["defaults"]["custom"] = custom
            panel["options"] = {
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        else:
            panel["options"] = {
                "colorMode": "value",
                "graphMode": "none",
                "textMode": "value_and_name",
                "justifyMode": "auto",
                "orientation": "auto",
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            }
        return panel


def rate(metric, by, labels="SELECTOR"):
    return f"sum by ({by}) (rate({metric}{{{labels}}}[$__rate_interval]))"


def quantile(share, metric, by="", labels="SELECTOR"):
    by = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({by}) (rate({metric}_bucket{{{labels}}}[$__rate_interval])))"


def quantiles(metric, labels="SELECTOR"):
    return [(quantile(share, metric, labels=labels), name) for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))]


REQUESTS = ("Requests", [
    Panel("Requests by operation", "reqps",
          (rate("http_server_request_duration_seconds_count", "operation", "SELECTOR, " + NOT_PROBES), "{{operation}}"), stacked=True),
    Panel("Answers of 4xx and 5xx", "reqps",
          (rate("http_server_request_duration_seconds_count", "operation, http_response_status_code",
                'SELECTOR, http_response_status_code=~"[45].."'), "{{operation}} {{http_response_status_code}}")),
    Panel("Duration", "s", *quantiles("http_server_request_duration_seconds", "SELECTOR, " + NOT_PROBES),
          description="Requests that wait because the caller asked for it (Prefer: wait) are among them."),
    Panel("p99 by operation", "s",
          (quantile(0.99, "http_server_request_duration_seconds", "operation", "SELECTOR, " + NOT_PROBES), "{{operation}}")),
    Panel("Under way", "short",
          ("sum(http_server_requests_in_flight{SELECTOR})", "worked on"), ("sum(http_server_requests_queued{SELECTOR})", "queued"),
          ("sum(http_server_requests_parked{SELECTOR})", "parked"), ("sum(http_server_connections{SELECTOR})", "connections")),
    Panel("Refused", "reqps", (rate("http_server_requests_refused_total", "reason"), "{{reason}}"),
          description="What no operation was asked for: a full queue, requests that cannot be read."),
])

DATABASE = ("Database", [
    Panel("Reads and transactions", "ops", (rate("db_client_operation_duration_seconds_count", "operation"), "{{operation}}")),
    Panel("p99 of reads and transactions", "s",
          (quantile(0.99, "db_client_operation_duration_seconds", "operation"), "{{operation}}")),
    Panel("Connections", "short", ("sum by (pool, state) (db_client_connection_count{SELECTOR})", "{{pool}} {{state}}"),
          ("sum by (pool) (db_client_connection_max{SELECTOR})", "{{pool}} at most"),
          ("sum by (pool) (db_client_connection_pending_requests{SELECTOR})", "{{pool}} waited for")),
    Panel("Events of connections and transactions", "ops", (rate("database_events_total", "event"), "{{event}}"),
          description="retry: a transaction that met another and is run again. pool-exhausted: a request that got no connection. "
                      "host-failed, host-serves: of several in DB_HOST."),
])

IDEMPOTENCY = ("Keys and sweeps", [
    Panel("Replays of keys", "ops", (rate("idempotency_replays_total", "operation"), "{{operation}}"),
          description="Requests that were answered by what their key has kept."),
    Panel("Since the last success of each sweep", "s",
          ("time() - max by (sweep) (sweep_last_success_timestamp_seconds{SELECTOR} > 0)", "{{sweep}}")),
    Panel("Runs of sweeps", "ops", (rate("sweep_runs_total", "sweep, outcome"), "{{sweep}} {{outcome}}")),
])

DEPENDENCIES = ("Other services", [
    Panel("Requests sent", "reqps",
          (rate("http_client_request_duration_seconds_count", "dependency, http_response_status_code, error_type"),
           "{{dependency}} {{http_response_status_code}} {{error_type}}")),
    Panel("p99 of requests sent", "s", (quantile(0.99, "http_client_request_duration_seconds", "dependency"), "{{dependency}}")),
    Panel("Circuits that are not closed", "short",
          ('sum by (dependency, state) (dependency_circuit_state{SELECTOR, state!="closed"})', "{{dependency}} {{state}}"),
          description="How many instances have the circuit to a service open or half-open."),
    Panel("Calls repeated, refused or left out", "ops", (rate("dependency_calls_total", "dependency, event"), "{{dependency}} {{event}}")),
    Panel("Calls under way", "short", ("sum by (dependency) (dependency_calls_in_flight{SELECTOR})", "{{dependency}}"),
          ("sum by (dependency) (dependency_calls_max{SELECTOR})", "{{dependency}} at most")),
    Panel("Budget for repetitions", "short", ("min by (dependency) (dependency_retry_budget_tokens{SELECTOR})", "{{dependency}}"),
          description="A call takes part of one in, a repetition takes one out; at 0 nothing is repeated."),
])

PROCESS = ("Process", [
    Panel("Processor", "percentunit", (rate("process_cpu_seconds_total", "instance"), "{{instance}}")),
    Panel("Memory", "bytes", ("process_resident_memory_bytes{SELECTOR}", "{{instance}}")),
    Panel("Open files", "short", ("process_open_fds{SELECTOR}", "{{instance}}"), ("min(process_max_fds{SELECTOR})", "at most")),
    Panel("Threads", "short", ("process_threads{SELECTOR}", "{{instance}}")),
    Panel("Up for", "s", ("time() - process_start_time_seconds{SELECTOR}", "{{instance}}"), kind="stat"),
    Panel("Versions", "short", ("count by (version) (build_info{SELECTOR})", "{{version}}"), kind="stat"),
    Panel("Left out of log, metrics and traces", "ops",
          (rate("log_lines_dropped_total", "instance"), "log lines {{instance}}"),
          (rate("metrics_series_dropped_total", "instance"), "measurements {{instance}}"),
          (rate("spans_dropped_total", "reason"), "spans {{reason}}")),
])

ORDERS = ("Orders", [
    Panel("Orders by what became of them", "ops", (rate("order_transitions_total", "flow, status"), "{{flow}} {{status}}"), stacked=True),
    Panel("Refused for want of stock", "ops", (rate("stock_refusals_total", "job"), "refusals")),
    Panel("Callers at their limit", "reqps", (rate("rate_limited_requests_total", "caller"), "{{caller}}")),
])

ASYNCHRONOUS = ("Asynchronous orders", [
    Panel("Unfinished, by step", "short", ('max by (step) (sagas{SELECTOR, state="RUNNING"})', "{{step}}"), stacked=True),
    Panel("Given up (DEAD), by step", "short", ('max by (step) (sagas{SELECTOR, state="DEAD"})', "{{step}}"),
          description="Each waits for an operator: docs/operations.md, SagasDead."),
    Panel("From acceptance to the end", "s", *quantiles("saga_seconds")),
    Panel("Ends", "ops", (rate("saga_seconds_count", "outcome"), "{{outcome}}")),
    Panel("Payments without a usable answer, results that came too late", "ops",
          (rate("payment_unknown_total", "job"), "payments"), (rate("sagas_lost_total", "job"), "results")),
])

EVENTS = ("Events", [
    Panel("Since no event lacked its number", "s", ("min(outbox_oldest_seconds{SELECTOR})", "the best instance")),
    Panel("Batches numbered", "ops", (rate("event_batches_numbered_total", "instance"), "{{instance}}")),
    Panel("Events that are not at the broker", "short", ("max(event_consumer_lag{SELECTOR})", "events")),
    Panel("Broker", "short", ("max(amqp_connected{SELECTOR})", "connected"), ("max(amqp_blocked{SELECTOR})", "blocked")),
    Panel("Messages confirmed", "ops", (rate("amqp_messages_confirmed_total", "instance"), "{{instance}}")),
    Panel("Events of the broker's connection", "ops", (rate("amqp_events_total", "connection, event"), "{{connection}} {{event}}")),
])

FEED = ("Feed of events", [
    Panel("State", "short", ("min(feed_state{SELECTOR})", "feed_state"),
          description="0 following, 1 unavailable, 2 unreadable, 3 gap, 4 rewound, 5 not stored."),
    Panel("Since the end of the feed was seen", "s", ("min(event_consumer_lag{SELECTOR})", "the best instance")),
    Panel("Events taken", "ops", (rate("feed_events_total", "outcome"), "{{outcome}}")),
])

DELIVERIES = ("Deliveries", [
    Panel("Attempts", "ops", (rate("deliveries_total", "outcome"), "{{outcome}}"), stacked=True),
    Panel("Duration of attempts", "s", *quantiles("delivery_attempt_seconds")),
    Panel("Due", "short", ("max(lanes_due{SELECTOR})", "orders with a delivery that is due")),
    Panel("Endpoints that fail", "short", ("max(endpoints_failing{SELECTOR})", "endpoints")),
])

ACCOUNTS = ("Accounts", [
    Panel("Passwords hashed", "ops", (rate("password_hashings_total", "instance"), "{{instance}}")),
    Panel("Refresh tokens used twice", "ops", (rate("refresh_token_reuses_total", "instance"), "{{instance}}")),
])

OVERVIEW = [
    ("Objectives", [
        Panel("Availability: failed of the last hour", "percentunit", ("job:http_requests_failed:ratio_rate1h", "{{job}}"),
              description="0.1 % may be. docs/operations.md gives the reasons."),
        Panel("Latency: slower than 0.5 s, of the last hour", "percentunit", ("job:http_requests_slow:ratio_rate1h", "{{job}}"),
              description="1 % may be."),
        Panel("Completion: later than 30 s, of the last hour", "percentunit", ("job:orders_ended_late:ratio_rate1h", "{{job}}"),
              description="1 % of asynchronous orders may be."),
        Panel("Budget of availability left, of 3 days", "percentunit", ("1 - job:http_requests_failed:ratio_rate3d / 0.001", "{{job}}"),
              kind="stat"),
        Panel("Instances that answer", "short", ("sum by (job) (up)", "{{job}}"), kind="stat"),
        Panel("Alerts", "short", ('count by (alertname, severity) (ALERTS{alertstate="firing"})', "{{alertname}} {{severity}}"), kind="stat"),
    ]),
    ("Services", [
        Panel("Requests", "reqps", ("job:http_requests:rate5m", "{{job}}")),
        Panel("Failed requests", "reqps", ("job:http_requests_failed:rate5m", "{{job}}")),
        Panel("p99", "s", (quantile(0.99, "http_server_request_duration_seconds", "job", NOT_PROBES), "{{job}}")),
        Panel("Orders by what became of them", "ops", (rate("order_transitions_total", "flow, status", ""), "{{flow}} {{status}}"),
              stacked=True),
        Panel("Processor", "percentunit", (rate("process_cpu_seconds_total", "job", ""), "{{job}}"), stacked=True),
        Panel("Memory", "bytes", ("sum by (job) (process_resident_memory_bytes)", "{{job}}"), stacked=True),
    ]),
]

DASHBOARDS = {
    "overview": ("Orders: overview", None, OVERVIEW),
    "customers-api": ("Customers API", "customers-api", [REQUESTS, DATABASE, IDEMPOTENCY, ACCOUNTS, PROCESS]),
    "orders-api": ("Orders API", "orders-api",
                   [REQUESTS, ORDERS, ASYNCHRONOUS, EVENTS, DATABASE, IDEMPOTENCY, DEPENDENCIES, PROCESS]),
    "orchestrator": ("Orchestrator", "orchestrator", [REQUESTS, DEPENDENCIES, PROCESS]),
    "notifier": ("Notifier", "notifier", [FEED, DELIVERIES, REQUESTS, DATABASE, IDEMPOTENCY, DEPENDENCIES, PROCESS]),
    "payment-simulator": ("Payment simulator", "payment-simulator", [REQUESTS, DATABASE, IDEMPOTENCY, PROCESS]),
}


def variable(name, **members):
    return {"name": name, "hide": 0, "skipUrlSync": False, **members}


def variables(job):
    yield variable("datasource", label="Data source", type="datasource", query="prometheus", current={}, refresh=1,
                   multi=False, includeAll=False, options=[])
    if job:
        yield variable("instance", label="Instance", type="query", datasource=DATASOURCE, refresh=2, sort=1, multi=True,
                       includeAll=True, allValue=".*", current={"text": "All", "value": "$__all"}, options=[],
                       query={"query": f'label_values(up{{job="{job}"}}, instance)', "refId": "instances"})


def dashboard(uid, title, job, rows):
    selector = f'job="{job}", instance=~"$instance"'
    panels, y = [], 0
    for name, members in rows:
        panels.append({"id": len(panels) + 1, "type": "row", "title": name, "collapsed": False, "panels": [],
                       "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}})
        y += 1
        for index, panel in enumerate(members):
            x = index % (24 // WIDTH) * WIDTH
            if index and x == 0:
                y += HEIGHT
            panels.append(panel.model(len(panels) + 1, x, y, lambda expression: expression.replace("SELECTOR", selector)))
        y += HEIGHT
    return {
        "uid": f"orders-{uid}",
        "title": title,
        "tags": ["orders"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "timezone": "browser",
        "time": {"from": "now-3h", "to": "now"},
        "links": [{"type": "dashboards", "title": "All", "tags": ["orders"], "asDropdown": True, "includeVars": False,
                   "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "", "url": ""}],
        "annotations": {"list": []},
        "templating": {"list": list(variables(job))},
        "panels": panels,
    }


def main():
    stale = []
    for uid, (title, job, rows) in DASHBOARDS.items():
        text = json.dumps(dashboard(uid, title, job, rows), indent=1, ensure_ascii=False) + "\n"
        path = FOLDER / f"{uid}.json"
        if sys.argv[1:] == ["--check"]:
            if not path.exists() or path.read_text() != text:
                stale.append(path.name)
        else:
            path.write_text(text)
    unknown = {path.stem for path in FOLDER.glob("*.json")} - DASHBOARDS.keys()
    if stale or unknown:
        sys.exit(f"Not what {pathlib.Path(__file__).name} writes: {', '.join(stale + sorted(unknown))}. Run it and commit what it wrote.")


if __name__ == "__main__":
    main()
