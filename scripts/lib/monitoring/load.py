"""Some of everything that callers do, for a number of seconds: what dashboards have something to show by.

python3 load.py SECONDS, with ORCHESTRATOR_URL, ORDERS_URL, CUSTOMERS_URL, NOTIFIER_URL, API_TOKEN and CUSTOMER_TOKEN in the environment.
Prints how many answers of each status there were.
"""

import collections
import itertools
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

ORCHESTRATOR, ORDERS, CUSTOMERS, NOTIFIER = (os.environ[f"{name}_URL"] for name in ("ORCHESTRATOR", "ORDERS", "CUSTOMERS", "NOTIFIER"))
STAFF, CUSTOMER = os.environ["API_TOKEN"], os.environ["CUSTOMER_TOKEN"]
# Fewer than a machine can do that does other things as well.
PAUSE_SECONDS = 0.1
statuses = collections.Counter()
counting = threading.Lock()


def ask(method, url, body=None, token=STAFF, key=None):
    """The status and the decoded body of an answer; 0 where there is none."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if key:
        headers["X-Idempotency-Key"] = key
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=15) as reply:
            status, text = reply.status, reply.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    except OSError:
        status, text = 0, b""
    with counting:
        statuses[status] += 1
    try:
        return status, json.loads(text)
    except ValueError:
        return status, {}


def orchestrate():
    """Orders through all services; every fifth is asked for again under its key, and one of ten wants more than there is."""
    for number in itertools.count():
        quantity = 10**6 if number % 10 == 9 else 1
        body = {"customer_id": 1, "items": [{"product_id": 1, "qty": quantity}], "idempotency_key": str(uuid.uuid4())}
        for _ in range(2 if number % 5 == 0 else 1):
            ask("POST", f"{ORCHESTRATOR}/orchestrator/create-and-confirm-order", body)
        yield


def administer():
    """Orders by operators: made, asked for again, canceled; and stock that comes."""
    for number in itertools.count():
        key = str(uuid.uuid4())
        body = {"customer_id": 1 + number % 2, "items": [{"product_id": 2, "qty": 1}]}
        _, order = ask("POST", f"{ORDERS}/admin/orders/create-order", body, key=key)
        ask("POST", f"{ORDERS}/admin/orders/create-order", body, key=key)
        if "data" in order:
            ask("POST", f"{ORDERS}/admin/orders/{order['data']['id']}/cancel", {}, key=f"cancel-{key}")
        ask("POST", f"{ORDERS}/admin/products/{1 + number % 2}/adjust-stock", {"delta": 100, "reason": "RECEIPT"}, key=f"stock-{key}")
        yield


def place():
    """Asynchronous orders; one of eight has a card that is declined."""
    for number in itertools.count():
        body = {"items": [{"product_id": 1, "qty": 1}]}
        if number % 8 == 7:
            body["payment_method"] = "pm_card_chargeDeclined"
        _, order = ask("POST", f"{ORDERS}/api/v1/orders", body, token=CUSTOMER, key=str(uuid.uuid4()))
        if "orderId" in order:
            ask("GET", f"{ORDERS}/api/v1/orders/{order['orderId']}/status", token=CUSTOMER)
        yield


def read():
    """Pages and single things of every service, with some that are not there."""
    urls = [
        f"{CUSTOMERS}/admin/customers/find-all?limit=5", f"{CUSTOMERS}/admin/customers/find-one/1",
        f"{CUSTOMERS}/admin/customers/find-one/999999", f"{ORDERS}/admin/products/find-all?limit=5", f"{ORDERS}/admin/orders/find-all?limit=5",
        f"{ORDERS}/admin/orders/find-all?limit=none", f"{ORDERS}/admin/sagas/find-all", f"{ORDERS}/nowhere",
        f"{NOTIFIER}/admin/webhooks/find-all", f"{NOTIFIER}/admin/deliveries/find-all?limit=5", f"{NOTIFIER}/admin/deliveries/find-one/999999",
    ]
    for url in itertools.cycle(urls):
        ask("GET", url)
        yield


def manage():
    """Customers and endpoints that are made, and a login that fails: each hashes a password or keeps a key."""
    for _ in itertools.count():
        key = str(uuid.uuid4())
        person = {"name": "Load", "email": f"{key}@example.com", "phone": "+593 96 222 3333"}
        for _ in range(2):
            ask("POST", f"{CUSTOMERS}/admin/customers/create-customer", person, key=key)
        hook = {"url": "http://127.0.0.1:9/webhooks", "types": ["order.rejected"]}
        _, endpoint = ask("POST", f"{NOTIFIER}/admin/webhooks/create-endpoint", hook, key=key)
        ask("POST", f"{NOTIFIER}/admin/webhooks/create-endpoint", hook, key=key)
        if "data" in endpoint:
            ask("PATCH", f"{NOTIFIER}/admin/webhooks/logic-delete/{endpoint['data']['id']}", {})
        ask("POST", f"{CUSTOMERS}/api/v1/auth/login", {"email": f"{key}@example.com", "password": "not the password"})
        for _ in range(50):
            yield


def repeat(work, ends_at):
    for _ in work():
        if time.monotonic() >= ends_at:
            return
        time.sleep(PAUSE_SECONDS)


def main():
    ends_at = time.monotonic() + float(sys.argv[1])
    threads = [threading.Thread(target=repeat, args=(work, ends_at)) for work in (orchestrate, orchestrate, administer, place, read, manage)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("answers: " + ", ".join(f"{count} x {status or 'none'}" for status, count in sorted(statuses.items())))
    # Every request of these either succeeds or is refused for a reason of its own.
    sys.exit(statuses[0] or any(status >= 500 for status in statuses))


main()
