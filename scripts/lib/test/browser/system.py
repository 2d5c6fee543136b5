"""The services under test: what they are asked beside the browser, and what they have written."""

import json
import os
import pathlib
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid

HOSTILE = '<img src=x onerror=alert(1)>'
"""What every field that people can write is filled with."""

REQUEST_SECONDS = 10


class System:
    def __init__(self):
        self.folder = pathlib.Path(os.environ["SYSTEM_DIRECTORY"])
        self.token = os.environ["API_TOKEN"]
        self.service_token = os.environ["SERVICE_TOKEN"]
        self.orders = os.environ["ORDERS_URL"]
        self.customers = os.environ["CUSTOMERS_URL"]
        self.notifier = os.environ["NOTIFIER_URL"]
        self.payments = os.environ["PAYMENTS_URL"]
        # Made by `prepare`: customers and products by what they are for, asynchronous orders that are dead, an endpoint.
        self.people = {}
        self.goods = {}
        self.dead = []
        self.endpoint = None

    def prepare(self):
        """What the facts are checked with; every text that people can write is a hostile one somewhere."""
        self.endpoint = self.refusing_endpoint()
        self.people = {"plain": self.customer("Rosa Plain", "rosa@example.com"), "hostile": self.customer(HOSTILE, "mallory@example.com")}
        self.goods = {
            "plain": self.product("SKU-PLAIN", "Plain table", 1000), "low": self.product("SKU-LOW", "Low lamp", 2),
            "hostile": self.product("SKU-HOSTILE", HOSTILE, 100, HOSTILE),
        }
        self.hostile_order = self.order(self.people["hostile"], self.goods["hostile"])
        self.dead = self.dead_sagas(self.people["plain"], self.goods["plain"], 5)

    def ask(self, method, url, content=None, token=None, key=None, correlation=None):
        """The answer's document; an error for any status of 400 or more."""
        headers = {"Authorization": f"Bearer {token or self.token}", "X-Idempotency-Key": key or str(uuid.uuid4()),
                   "X-Correlation-Id": correlation or f"browser-check-{uuid.uuid4()}"}
        body = None
        if content is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(content).encode()
        request = urllib.request.Request(url, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {url} answered {error.code}: {error.read().decode()[:300]}") from None

    def get(self, url):
        return self.ask("GET", url)

    def order_count(self):
        """How many orders there are; there are few enough for one page."""
        page = self.get(f"{self.orders}/admin/orders/find-all?limit=100")
        assert not page["meta"]["has_next"], "There are more than 100 orders."
        return len(page["data"])

    def customer(self, name, email):
        body = {"name": name, "email": email, "phone": "+593 99 000 0000", "address": name}
        return self.ask("POST", f"{self.customers}/admin/customers/create-customer", body)["data"]["id"]

    def product(self, sku, name, stock, description=None):
        body = {"sku": sku, "name": name, "price_cents": 12345, "stock": stock, "description": description}
        return self.ask("POST", f"{self.orders}/admin/products/create-product", body)["data"]["id"]

    def order(self, customer, product, quantity=1, key=None, correlation=None):
        body = {"customer_id": customer, "items": [{"product_id": product, "qty": quantity}]}
        return self.ask("POST", f"{self.orders}/admin/orders/create-order", body, key=key, correlation=correlation)["data"]["id"]

    def asynchronous_order(self, customer, product):
        token = subprocess.run(
            [os.environ["ORDERS_PROGRAM"], "token", "--customer", str(customer)],
            check=True, capture_output=True, text=True, timeout=REQUEST_SECONDS).stdout.strip()
        body = {"items": [{"product_id": product, "qty": 1}]}
        return self.ask("POST", f"{self.orders}/api/v1/orders", body, token=token)["orderId"]

    def gateway_faults(self, faults):
        self.ask("POST", f"{self.payments}/_simulator/faults", {"faults": faults})

    def dead_sagas(self, customer, product, count):
        """Asynchronous orders that wait for an operator, as they would after a day of a gateway that says nothing."""
        self.gateway_faults([{"operation": "any", "fault": "429", "percent": 100, "seed": 1}])
        orders = [self.asynchronous_order(customer, product) for _ in range(count)]
        for order in orders:
            self.wait_until(lambda: self.get(f"{self.orders}/admin/sagas/find-one/{order}")["data"]["step"] == "AUTHORIZE")
        numbers = ",".join(str(order) for order in orders)
        # What a worker still does under the fence before comes to nothing.
        self.sql(f"UPDATE orders.orders SET needs_attention = TRUE WHERE id IN ({numbers}); UPDATE orders.order_sagas SET state = 'DEAD', run_at = NULL, fence = 1, last_error = '{HOSTILE}' "
                 f"WHERE order_id IN ({numbers})")
        self.gateway_faults([])
        return orders

    def sql(self, statement):
        port = re.search(r"127\.0\.0\.1:(\d+), migrated", (self.folder / "run.log").read_text()).group(1)
        secrets = (self.folder / "secrets.env").read_text()
        password = re.search(r"^DB_PASSWORD=(.*)$", secrets, re.MULTILINE).group(1)
        subprocess.run(
            ["mariadb", "--host=127.0.0.1", f"--port={port}", "--user=orchestrator", "--execute", statement],
            check=True, timeout=REQUEST_SECONDS, env={**os.environ, "MYSQL_PWD": password})

    def refusing_endpoint(self):
        """An endpoint at a port that is taken, so that nobody comes to listen there."""
        self.taken = socket.socket()
        self.taken.bind(("127.0.0.1", 0))
        body = {"url": f"http://127.0.0.1:{self.taken.getsockname()[1]}/webhooks", "description": HOSTILE}
        return self.ask("POST", f"{self.notifier}/admin/webhooks/create-endpoint", body)["data"]["id"]

    def deliveries(self, state, endpoint):
        return self.get(f"{self.notifier}/admin/deliveries/find-all?state={state}&endpoint_id={endpoint}&limit=100")["data"]

    def logs(self):
        return {path.name: path.read_text(errors="replace") for path in (self.folder / "logs").glob("*.log*")}

    @staticmethod
    def wait_until(condition, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"It did not come to that within {seconds} s.")
            time.sleep(0.05)
