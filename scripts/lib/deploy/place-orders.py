"""Places orders, and never sends a request twice: what fails is counted.

    place-orders WHERE prepare                      a customer, a product and an order of it; prints what `flow` and `audit` need
    place-orders WHERE flow RATE CUSTOMER PRODUCT   RATE requests a second until SIGTERM; prints the counts, fails where one failed
    place-orders WHERE audit PRODUCT STOCK          fails unless the product has STOCK pieces left
    place-orders WHERE accept PRODUCT               an asynchronous order by a customer's own token, until it is confirmed; prints it
    place-orders WHERE pages                        which pages for browsers the image has; fails where the desk is not whole

WHERE is the host and port of what is in front of the services, or `services`: each by its own name. The token is read from the variable
API_TOKEN. Standard library only.
"""

import collections
import http.client
import json
import os
import queue
import signal
import sys
import threading
import time
import uuid

STOCK = 1_000_000
THREADS = 16  # At 20 a second each may take 800 ms before requests are late.
SECONDS_MAX = 15  # Beyond the services' own deadline of 10 s.
FAILURES_SHOWN = 20
SERVICES = {
    "/admin/customers/": "customers-api:3001", "/admin/deliveries/": "notifier:3003", "/admin/": "orders-api:3002",
    "/api/v1/orders": "orders-api:3002", "/console": "orders-api:3002", "/docs": "orders-api:3002", "/orchestrator/": "orchestrator:3010"}


class Client:
    """One connection to each address, kept as long as the other side keeps it."""

    def __init__(self, where):
        self.where = where
        self.connections = {}

    def send(self, method, path, body=None, key=None):
        """The status and the reply's JSON; raises OSError or HTTPException where there is no reply."""
        headers = {"Authorization": "Bearer " + os.environ["API_TOKEN"]}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["X-Idempotency-Key"] = key
        address = self.where
        if address == "services":
            address = next(service for prefix, service in SERVICES.items() if path.startswith(prefix))
        connection = self.connections.pop(address, None) or http.client.HTTPConnection(address, timeout=SECONDS_MAX)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            text = reply.read()
        except Exception:
            connection.close()
            raise
        if reply.will_close:
            connection.close()
        else:
            self.connections[address] = connection
        try:
            return reply.status, json.loads(text)
        except ValueError:
            return reply.status, {"code": text[:100].decode("latin-1")}


def kinds(customer, product):
    """What is asked in turn: name, status expected, and a function of a client and a key. Six of ten are orders through all services."""
    items = [{"product_id": product, "qty": 1}]

    def orchestrate(client, key):
        return client.send(
            "POST", "/orchestrator/create-and-confirm-order",
            {"customer_id": customer, "items": items, "idempotency_key": key})

    def create(client, key):
        return client.send("POST", "/admin/orders/create-order", {"customer_id": customer, "items": items}, key)

    def find_customer(client, _):
        return client.send("GET", f"/admin/customers/find-one/{customer}")

    def find_deliveries(client, _):
        return client.send("GET", "/admin/deliveries/find-all?limit=1")

    order = ("confirmed order", 201, orchestrate)
    return [order, ("created order", 201, create), order, ("customer", 200, find_customer), order,
            order, ("created order", 201, create), order, ("deliveries", 200, find_deliveries), order]


def prepare(where):
    client = Client(where)
    run = uuid.uuid4().hex[:12]

    def made(path, body, key=None):
        status, reply = client.send("POST", path, body, key)
        if status != 201:
            sys.exit(f"{path} answered {status}: {json.dumps(reply)}")
        return reply["data"]

    customer = made(
        "/admin/customers/create-customer",
        {"name": "Nora Paz", "email": f"nora.{run}@example.com", "phone": "+593 96 222 3333"}, f"customer-{run}")["id"]
    product = made(
        "/admin/products/create-product",
        {"sku": f"SKU-{run}", "name": "Sofa", "price_cents": 89900, "stock": STOCK}, f"product-{run}")["id"]
    body = {"customer_id": customer, "items": [{"product_id": product, "qty": 1}], "idempotency_key": f"first-{run}"}
    order = made("/orchestrator/create-and-confirm-order", body)["order"]
    again = made("/orchestrator/create-and-confirm-order", body)["order"]
    if again["id"] != order["id"] or order["status"] != "CONFIRMED":
        sys.exit(f"The key gave order {order['id']}, {order['status']}, and then order {again['id']}.")
    print(customer, product, order["id"], STOCK - 1)


def flow(where, rate, customer, product):
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    waiting = queue.Queue()
    lock = threading.Lock()
    sent, failed = collections.Counter(), []
    slowest, orders = 0.0, set()
    began = time.monotonic()

    def work():
        nonlocal slowest
        client = Client(where)
        while (next_one := waiting.get()) is not None:
            name, expected, ask = next_one
            start = time.monotonic()
            try:
                status, reply = ask(client, "flow-" + uuid.uuid4().hex)
                what = None if status == expected else f"{status} {(reply or {}).get('code', '')}"
            except (OSError, http.client.HTTPException) as error:
                status, reply, what = 0, None, f"{type(error).__name__}: {error}"
            end = time.monotonic()
            with lock:
                sent[name] += 1
                slowest = max(slowest, end - start)
                if what:
                    failed.append(f"{start - began:.2f} s: {name} after {1000 * (end - start):.0f} ms: {what}")
                elif expected == 201:
                    data = reply["data"]
                    orders.add(data.get("order", data)["id"])

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    asked, turn = kinds(customer, product), 0
    while not stopping.wait(max(0, began + turn / rate - time.monotonic())):
        waiting.put(asked[turn % len(asked)])
        turn += 1
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join(SECONDS_MAX * 2)
    expected = sent["confirmed order"] + sent["created order"]
    if len(orders) < expected and not failed:
        failed.append(f"{expected} keys gave {len(orders)} orders.")
    for line in failed[:FAILURES_SHOWN]:
        print(line, file=sys.stderr)
    print(sum(sent.values()), len(failed), len(orders), round(1000 * slowest))
    sys.exit(1 if failed else 0)


def audit(where, product, stock):
    status, reply = Client(where).send("GET", f"/admin/products/find-one/{product}")
    left = reply["data"]["stock"] if status == 200 else None
    print(left)
    sys.exit(0 if left == stock else f"The product has {left} pieces left, not {stock}.")


def accept(where, product):
    client = Client(where)
    status, reply = client.send(
        "POST", "/api/v1/orders", {"items": [{"productId": product, "quantity": 1}]}, "accept-" + uuid.uuid4().hex)
    if status != 202:
        sys.exit(f"/api/v1/orders answered {status}: {json.dumps(reply)}")
    order, end = reply["orderId"], time.monotonic() + SECONDS_MAX
    while (state := client.send("GET", f"/api/v1/orders/{order}/status")[1]["data"]["status"]) != "CONFIRMED":
        if time.monotonic() > end or state in ("REJECTED", "CANCELED"):
            sys.exit(f"Order {order} is {state}.")
        time.sleep(0.1)
    print(order)


def pages(where):
    client = Client(where)
    for path in ("/console", "/console/scripts/console.js", "/console/scripts/chart.umd.js"):
        status, reply = client.send("GET", path)
        if status != 200:
            sys.exit(f"{path} answered {status}: {json.dumps(reply)}")
    status, reply = client.send("GET", "/docs/scripts/swagger-ui-bundle.js")
    if status != 200 and reply["code"] != "page-not-installed":
        sys.exit(f"/docs answered {status}: {json.dumps(reply)}")
    print("/console, /docs" if status == 200 else "/console; not /docs, as PyPI could not be reached by the build")


if __name__ == "__main__":
    address, command, *rest = sys.argv[1:]
    commands = {"prepare": prepare, "flow": flow, "audit": audit, "accept": accept, "pages": pages}
    commands[command](address, *(int(word) for word in rest))
