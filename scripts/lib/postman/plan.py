"""What the contracts do not say of a request in Postman: which values go together, what is kept of a reply, and what else than
success is an answer on a system that has just been started."""

# Each request is one of: an operation's name alone, or its name with what differs from the contract's example.
#   body      members that replace those of the example; None takes a member away
#   variables path parameters and queries, by name
#   keep      variables of the collection, each with the member of the reply that it takes
#   also      statuses that are an answer besides the contract's own
#   key       the idempotency key to send, where it is not a new one each time

NEW_EMAIL = "postman.{{$guid}}@example.com"

SERVICES = {
    "customers": ("Customers API", "customersBase"),
    "orders": ("Orders API", "ordersBase"),
    "orchestrator": ("Orchestrator", "orchestratorBase"),
    "notifier": ("Notifier", "notifierBase"),
    "payment-simulator": ("Payment simulator", "paymentsBase"),
}

REQUESTS = {
    "customers": {
        "createCustomer": {"body": {"email": NEW_EMAIL, "identity_card": None}, "keep": {"newCustomerId": "data.id"}},
        "listCustomers": {"variables": {"is_active": "true", "limit": "5"}},
        "getCustomer": {"variables": {"id": "{{newCustomerId}}"}},
        "updateCustomer": {"variables": {"id": "{{newCustomerId}}"}},
        "deactivateCustomer": {"variables": {"id": "{{newCustomerId}}"}},
        "eraseCustomer": {"variables": {"id": "{{newCustomerId}}"}},
        "getCustomerInternal": {"variables": {"id": "{{customerId}}"}},
        # A mail leads on from here, with a token that cannot be known before.
        "register": {"body": {"email": "{{accountEmail}}", "password": "{{accountPassword}}"}, "also": [404]},
        "showConfirmation": {"variables": {"token": "{{linkToken}}"}, "also": [404]},
        "confirmRegistration": {"variables": {"token": "{{linkToken}}"}, "also": [404]},
        "login": {
            "body": {"email": "{{accountEmail}}", "password": "{{accountPassword}}"},
            "keep": {"customerToken": "accessToken", "refreshToken": "refreshToken"},
            "also": [401, 404],
        },
        "refresh": {
            "body": {"refreshToken": "{{refreshToken}}"},
            "keep": {"customerToken": "accessToken", "refreshToken": "refreshToken"},
            "also": [401, 404],
        },
        "logout": {"body": {"refreshToken": "{{refreshToken}}"}, "also": [401, 404]},
    },
    "orders": {
        "createProduct": {"body": {"sku": "POSTMAN-{{$guid}}"}, "keep": {"newProductId": "data.id"}},
        "listProducts": {"variables": {"is_active": "true", "limit": "5"}},
        "getProduct": {"variables": {"id": "{{newProductId}}"}},
        "updateProduct": {"variables": {"id": "{{newProductId}}"}},
        "adjustStock": {"variables": {"id": "{{newProductId}}"}},
        "listStockAdjustments": {"variables": {"id": "{{newProductId}}", "limit": "5"}},
        "deactivateProduct": {"variables": {"id": "{{newProductId}}"}},
        "createOrder": {"keep": {"orderId": "data.id"}},
        "confirmOrder": {"variables": {"id": "{{orderId}}"}},
        "cancelOrder": {"variables": {"id": "{{orderId}}"}},
        "listOrders": {"variables": {"customer_id": "{{customerId}}", "limit": "5"}},
        "getOrder": {"variables": {"id": "{{orderId}}"}},
        "placeOrder": {"keep": {"ownOrderId": "orderId"}},
        "listOwnOrders": {"variables": {"limit": "5"}},
        "getOwnOrder": {"variables": {"id": "{{ownOrderId}}"}},
        "getOwnOrderStatus": {"variables": {"id": "{{ownOrderId}}"}},
        "getOwnOrderHistory": {"variables": {"id": "{{ownOrderId}}"}},
        # An order that is paid or under way may be past that.
        "cancelOwnOrder": {"variables": {"id": "{{ownOrderId}}"}, "also": [409]},
        "listSagas": {"variables": {"limit": "5"}},
        # Nothing waits for an operator on a system that is well.
        "getSaga": {"variables": {"id": "{{ownOrderId}}"}, "also": [404]},
        "redriveSaga": {"variables": {"id": "{{ownOrderId}}"}, "also": [404, 409]},
        "discardSaga": {"variables": {"id": "{{ownOrderId}}"}, "also": [404, 409]},
        "listEvents": {"variables": {"limit": "5"}},
        "getOrderHistory": {"variables": {"id": "{{orderId}}"}},
        "createOrderInternal": {"body": {"customer_id": "{{customerId}}"}},
        "cancelAbandonedOrders": {},
        # Where the pages are installed.
        "getConsole": {"also": [404]},
        "getConsoleStyle": {"also": [404]},
        "getConsoleScript": {"also": [404]},
    },
    "orchestrator": {
        "createAndConfirmOrder": {"body": {"idempotency_key": "postman-{{$guid}}", "correlation_id": None}},
        # Only where the local Lambda entry is served.
        "invokeFunction": {"also": [404]},
    },
    "notifier": {
        "createEndpoint": {
            "body": {"url": "{{webhookURL}}", "types": None},
            "keep": {"endpointId": "data.id"},
        },
        "listEndpoints": {"variables": {"limit": "5"}},
        "getEndpoint": {"variables": {"id": "{{endpointId}}"}},
        "updateEndpoint": {"variables": {"id": "{{endpointId}}"}, "body": {"url": "{{webhookURL}}"}},
        "rotateSecret": {"variables": {"id": "{{endpointId}}"}},
        "testEndpoint": {"variables": {"id": "{{endpointId}}"}, "keep": {"deliveryId": "data.id"}},
        "enableEndpoint": {"variables": {"id": "{{endpointId}}"}},
        "replayEvents": {"variables": {"id": "{{endpointId}}"}},
        "deactivateEndpoint": {"variables": {"id": "{{endpointId}}"}},
        "listDeliveries": {"variables": {"endpoint_id": "{{endpointId}}", "limit": "5"}},
        "getDelivery": {"variables": {"id": "{{deliveryId}}"}},
        # What was delivered, or belongs to an endpoint that was deactivated, is not sent again.
        "redeliver": {"variables": {"id": "{{deliveryId}}"}, "also": [409]},
        "redriveDeliveries": {"body": {"endpoint_id": "{{endpointId}}"}},
        "discardDeliveries": {"body": {"endpoint_id": "{{endpointId}}"}},
        # Where the pages are installed.
        "getConsole": {"also": [404]},
        "getConsoleStyle": {"also": [404]},
        "getConsoleScript": {"also": [404]},
    },
    "payment-simulator": {
        "createPaymentIntent": {"keep": {"intentId": "id"}},
        "getPaymentIntent": {"variables": {"intent": "{{intentId}}"}},
        "confirmPaymentIntent": {"variables": {"intent": "{{intentId}}"}},
        "capturePaymentIntent": {"variables": {"intent": "{{intentId}}"}},
        "createRefund": {"body": {"payment_intent": "{{intentId}}"}},
        # It was captured above.
        "cancelPaymentIntent": {"variables": {"intent": "{{intentId}}"}, "also": [400]},
        "listLedger": {"variables": {"limit": "5"}},
        "getFaults": {},
        "planFaults": {"body": {"faults": []}},
    },
}

# One order from its making to its end, as a folder that is run as it stands.
STORY = [
    ("Create an order", "orders", "createOrder", {"key": "{{storyKey}}", "newKey": True, "keep": {"storyOrderId": "data.id"}}),
    ("The same again: one key is one order", "orders", "createOrder", {
        "key": "{{storyKey}}", "same": ("data.id", "storyOrderId"), "replayed": True}),
    ("Confirm it", "orders", "confirmOrder", {"variables": {"id": "{{storyOrderId}}"}, "member": ("data.status", "CONFIRMED")}),
    ("Cancel it, and the stock comes back", "orders", "cancelOrder", {
        "variables": {"id": "{{storyOrderId}}"}, "member": ("data.status", "CANCELED")}),
    ("All in one request", "orchestrator", "createAndConfirmOrder", {
        "body": {"idempotency_key": "{{storyKey}}", "correlation_id": None}, "newKey": True,
        "member": ("data.order.status", "CONFIRMED"), "keep": {"storyOrderId": "data.order.id"}}),
    ("All in one request, repeated", "orchestrator", "createAndConfirmOrder", {
        "body": {"idempotency_key": "{{storyKey}}", "correlation_id": None},
        "same": ("data.order.id", "storyOrderId"), "replayed": True}),
    ("Accepted at once, finished later", "orders", "placeOrder", {"keep": {"ownOrderId": "orderId"}}),
    ("How far it has come", "orders", "getOwnOrderStatus", {"variables": {"id": "{{ownOrderId}}"}}),
]

# Variables of the environment, with what `scripts/run` gives them. A secret one is typed in by its user.
ENVIRONMENT = [
    ("customersBase", "http://127.0.0.1:3001", False),
    ("ordersBase", "http://127.0.0.1:3002", False),
    ("notifierBase", "http://127.0.0.1:3003", False),
    ("orchestratorBase", "http://127.0.0.1:3010", False),
    ("paymentsBase", "http://127.0.0.1:3020", False),
    ("webhookURL", "http://127.0.0.1:3004/webhooks", False),
    ("apiToken", "", True),
    ("serviceToken", "", True),
    ("customerToken", "", True),
    ("paymentKey", "sk_test_simulator", True),
    ("customerId", "1", False),
    ("productId", "1", False),
    ("accountEmail", "postman@example.com", False),
    ("accountPassword", "correct horse battery staple", True),
    ("linkToken", "QmFzZTY0VVJMLW9mLTMyLWJ5dGVzLW5vYm9keS1rbm8", True),
    ("refreshToken", "QmFzZTY0VVJMLW9mLTQ4LWJ5dGVzLXRoYXQtbm9ib2R5LWNhbi1ndWVzcy1hdC1h", True),
]
