"""Pays, captures, refunds and fails with Stripe's own library at the address and with the key that its arguments name, and prints a line for each."""

import sys

import stripe

client = stripe.StripeClient(sys.argv[2], base_addresses={"api": sys.argv[1]}, max_network_retries=0)
intents = client.v1.payment_intents


def create(method, key, amount=2580):
    return intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "capture_method": "manual",
            "payment_method": method,
            "payment_method_types": ["card"],
            "metadata": {"order_id": "17"},
        },
        {"idempotency_key": key},
    )


def failure(call):
    try:
        call()
    except stripe.StripeError as error:
        return f"{type(error).__name__} {error.code} {getattr(error.error, 'decline_code', None)}"
    return "no error"


intent = create("pm_card_visa", "create")
print(intent.status, intent.metadata["order_id"], create("pm_card_visa", "create").id == intent.id)
print(intents.confirm(intent.id, {"expand": ["latest_charge"]}, {"idempotency_key": "confirm"}).latest_charge.amount)
captured = intents.capture(intent.id, {"amount_to_capture": 2580}, {"idempotency_key": "capture"})
print(captured.status, captured.amount_received)
refund = client.v1.refunds.create(
    {"payment_intent": intent.id, "amount": 580, "expand": ["payment_intent.latest_charge"]}, {"idempotency_key": "refund"}
)
print(refund.status, refund.amount, refund.payment_intent.latest_charge.amount_refunded)
print(intents.retrieve(intent.id, {"expand": ["latest_charge"]}).latest_charge.amount_refunded)
canceled = create("pm_card_visa", "create-2")
print(intents.cancel(canceled.id).status)
print(failure(lambda: create("pm_card_visa", "create", amount=1)))
declined = create("pm_card_chargeDeclined", "create-3")
print(failure(lambda: intents.confirm(declined.id)))
print(failure(lambda: intents.capture(canceled.id)))
print(failure(lambda: intents.retrieve("pi_0")))
stranger = stripe.StripeClient("sk_test_nobody", base_addresses={"api": sys.argv[1]}, max_network_retries=0)
print(failure(lambda: stranger.v1.payment_intents.retrieve(intent.id)))
