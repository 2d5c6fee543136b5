"""place-order.py ORCHESTRATOR ORDERS KEY: an order by the generated Python clients. The token is in API_TOKEN."""

import os
import sys

import orchestrator_client
import orders_client
from orchestrator_client.exceptions import ApiException


def client(package, host):
    return package.ApiClient(package.Configuration(host=host, access_token=os.environ["API_TOKEN"]))


orchestrator, orders, key = sys.argv[1:]
orchestration = orchestrator_client.OrchestrationApi(client(orchestrator_client, orchestrator))


def place(key, product=1):
    item = orchestrator_client.OrderItemDraft(product_id=product, qty=1)
    request = orchestrator_client.OrderRequest(customer_id=1, items=[item], idempotency_key=key)
    return orchestration.create_and_confirm_order(request).data.order


order = place(key)
assert order.status == "CONFIRMED", order
assert place(key).id == order.id, "a repetition made another order"
found = orders_client.OrdersApi(client(orders_client, orders)).get_order(order.id).data
assert found.total_cents == order.total_cents, found
try:
    place(key + "-unknown", product=999_999_999)
except ApiException as error:
    assert error.status == 404 and "product-not-found" in str(error.body), error
else:
    raise AssertionError("an order of an unknown product was taken")
print(order.id)
