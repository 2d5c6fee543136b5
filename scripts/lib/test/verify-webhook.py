"""Reads one message as JSON (secret, headers, body), verifies it with the reference library of Standard Webhooks, and prints what came of it."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

message = json.load(sys.stdin)
try:
    Webhook(message["secret"]).verify(message["body"], message["headers"])
    print("verified")
except WebhookVerificationError as error:
    print(f"refused: {error}")
