"""What scripts/fuzz-contracts tells schemathesis that openapi/*.yaml cannot say.

A schema knows which requests are well formed, not what the service has stored. Each exception below names the one code
that it is about, so that any other answer to the same request is still a failure.
"""

import itertools
import json
import re

import requests
import schemathesis
from hypothesis import strategies
from schemathesis.core.failures import AcceptedNegativeData, ServerError
from schemathesis.openapi.checks import RejectedPositiveData

# The rows that `seed` makes, which the examples of the contracts name.
SEEDED_ID_MAX = 5
RESTORED = {
    "updateCustomer": {"is_active": True},
    "deactivateCustomer": {"is_active": True},
    "updateProduct": {"is_active": True, "price_cents": 100},
    "deactivateProduct": {"is_active": True, "price_cents": 100},
}
# A search has so many words at most, each with a letter or a digit; what is one, in every script, no pattern says.
SEARCH_WORDS_MAX = 8
# More than all orders of a run ask for.
STOCK_AMPLE = 1_000_000_000
# Below it nobody can promise an answer in time, and 504 `deadline-exceeded` is the promised one.
TIMEOUT_FEASIBLE_MILLISECONDS = 2000

# As the contracts have it: visible characters as they are, or as a quoted string.
KEY = re.compile(r'"((?:[!#-+.-\[\]-~-]|\\["\\]){1,255})"|([!#-+.-~-][!-+.-~-]{0,254})')
used_keys = set()
numbers = itertools.count(1)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """The contracts let callers in without a token where no API_TOKEN is set. Here one is set.

    schemathesis draws no header with a quotation mark or an asterisk, unless it has a format of our own.
    """
    raw_schema["security"].remove({})
    for parameter in raw_schema["components"].get("parameters", {}).values():
        if parameter["name"] in ("If-Match", "If-None-Match"):
            format_name = f"values of {parameter['name']}"
            values = strategies.from_regex(parameter["schema"]["pattern"], fullmatch=True)
            schemathesis.openapi.format(format_name, values)
            parameter["schema"]["format"] = format_name


@schemathesis.hook
def before_call(context, case, kwargs):
    """A key that was used before is answered from its stored reply, and hides everything behind it: it is renewed.

    A link that schemathesis finds by itself may take a number for a header.
    """
    for name, value in list((case.headers or {}).items()):
        if isinstance(value, int):
            case.headers[name] = str(value)
    for values, name in ((case.headers, "X-Idempotency-Key"), (case.body, "idempotency_key"), (case.body, "idempotencyKey")):
        match = KEY.fullmatch(str(values.get(name, ""))) if hasattr(values, "get") else None
        if match is None:
            continue
        key = match[2] or re.sub(r"\\(.)", r"\1", match[1])
        if key in used_keys:
            values[name] = f"renewed-{next(numbers)}"
        used_keys.add(key)


@schemathesis.hook
def after_call(context, case, response):
    """Orders need customers and products that are active: what was done to those of the examples is taken back."""
    operation = case.operation.definition.raw["operationId"]
    row = str((case.path_parameters or {}).get("id", ""))
    if operation not in RESTORED and operation != "adjustStock":
        return
    if response.status_code != 200 or not row.isdecimal() or int(row) > SEEDED_ID_MAX:
        return
    base, path = response.request.url.split("/admin/")
    base = f"{base}/admin/{path.split('/')[0]}"
    authorization = {"Authorization": response.request.headers.get("Authorization", "")}
    if operation in RESTORED:
        requests.patch(
            f"{base}/update/{row}", json=RESTORED[operation], headers=authorization, timeout=10
        ).raise_for_status()
    if operation in ("updateProduct", "deactivateProduct", "adjustStock"):
        missing = STOCK_AMPLE - response.json()["data"]["stock"]
        requests.post(
            f"{base}/{row}/adjust-stock",
            json={"delta": missing, "reason": "CORRECTION"},
            headers=authorization | {"X-Idempotency-Key": f"restored-{next(numbers)}"},
            timeout=10,
        ).raise_for_status()


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if isinstance(failure, RejectedPositiveData):
        return not is_refused_for_what_no_schema_says(case, problem(response))
    if isinstance(failure, AcceptedNegativeData):
        return not is_unknown_field(case) and not is_key_sent_twice(case)
    if isinstance(failure, ServerError):
        return not is_out_of_time(case, problem(response))
    return True


def is_refused_for_what_no_schema_says(case, found):
    code = found.get("code")
    if code == "invalid-cursor":
        # Signed by the service; no schema can draw one.
        return any(name in (case.query or {}) for name in ("cursor", "after"))
    if code == "events-rewound":
        # Which events there are is in the database.
        return "after" in (case.query or {})
    if code == "validation-failed":
        pointers = [error["pointer"] for error in found["errors"]]
        if pointers == ["search"]:
            return not is_search(str(case.query["search"]))
        # Which members an endpoint has by its channel, which addresses may be sent to, and that an interval ends behind its
        # beginning, is for the service to say.
        if all(error["code"] == "not-of-channel" or error["pointer"] in ("/url", "/to", "/to_seq") for error in found["errors"]):
            return True
        # Mail has no local parts of more than 64 characters; the pattern says the form only.
        if pointers == ["/email"] and case.operation.definition.raw["operationId"] == "register":
            return True
        # Of two names for the same, the house's counts where both are there, and needs its own companion.
        if case.operation.definition.raw["operationId"] == "placeOrder" and has_both_names(case.body):
            return True
        # Price times quantity beyond 2^53 - 1: the prices are in the database.
        return pointers == ["/items"] and len(case.body["items"]) <= 200
    if code == "idempotency-key-mismatch":
        # That two places have the same key no schema can say.
        return isinstance(case.body, dict) and case.body.get("idempotencyKey") is not None and "X-Idempotency-Key" in (case.headers or {})
    if code == "too-many-attempts":
        # All requests come from one address.
        return True
    if code == "stale":
        # Which version a row is at is in the database.
        return "If-Match" in (case.headers or {})
    return code in ("customer-inactive", "product-inactive")


def has_both_names(body):
    lines = body.get("items")
    lines = lines if isinstance(lines, list) else []
    return any(name in body for name in ("productId", "quantity")) and bool(lines) or any(
        isinstance(line, dict) and {"product_id", "qty"} & line.keys() and {"productId", "quantity"} & line.keys()
        for line in lines
    )


def is_search(text):
    words = [word for word in text.split() if any(character.isalnum() for character in word)]
    return 1 <= len(words) <= SEARCH_WORDS_MAX


def is_unknown_field(case):
    """RFC 9110 section 5.1: unrecognized header fields are ignored."""
    return "x-schemathesis-unknown-property" in (case.headers or {})


def is_key_sent_twice(case):
    """RFC 9110 section 5.3: lines of one name are joined with commas. The schema describes one key, and these are one."""
    members = [member.strip() for member in str((case.headers or {}).get("X-Idempotency-Key", "")).split(",")]
    return len(members) > 1 and len(set(members)) == 1 and KEY.fullmatch(members[0]) is not None


def is_out_of_time(case, found):
    headers = case.headers or {}
    given = str(headers.get("X-Request-Timeout-Ms", ""))
    if not given.isdecimal() or int(given) >= TIMEOUT_FEASIBLE_MILLISECONDS:
        return False
    if found.get("code") == "outcome-unknown":
        # A COMMIT that was cut off; only where there is a key can a repetition find out what became of it.
        return "X-Idempotency-Key" not in headers and "Idempotency-Key" not in headers
    return found.get("code") == "deadline-exceeded"


def problem(response):
    try:
        found = json.loads(response.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
