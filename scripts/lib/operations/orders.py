"""Orders whose answers are kept, so that their keys can be asked again later.

python3 orders.py stock                                adds pieces of product 1
python3 orders.py place FILE PREFIX COUNT [CLIENTS]    places COUNT orders, or fewer where FILE.stop comes to be there; writes a line each
python3 orders.py repeat FILE KNOWN_UNTIL LOST_FROM    asks each key of FILE again: what was answered before KNOWN_UNTIL must be answered
                                                       alike, what was asked for after LOST_FROM must be an order with an id of its own

ORDERS_URLS (several, separated by commas, take turns), API_TOKEN and CUSTOMER_TOKEN are in the environment; with ORCHESTRATOR_URL a third
of the orders goes through the orchestrator.
"""

import concurrent.futures
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request

ORDERS = os.environ["ORDERS_URLS"].split(",")
ORCHESTRATOR = os.environ.get("ORCHESTRATOR_URL")
KINDS = (["orchestrate"] if ORCHESTRATOR else []) + ["create", "accept"]


def ask(method, url, token, body=None, key=None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if key:
        headers["X-Idempotency-Key"] = key
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=20) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def order(kind, key, base):
    """Places an order, or asks for it again: (status, what its key keeps of the answer, the order's id)."""
    staff, customer = os.environ["API_TOKEN"], os.environ["CUSTOMER_TOKEN"]
    items = [{"product_id": 1, "qty": 1}]
    if kind == "orchestrate":
        body = {"customer_id": 1, "items": items, "idempotency_key": key}
        status, text = ask("POST", f"{ORCHESTRATOR}/orchestrator/create-and-confirm-order", staff, body)
    elif kind == "create":
        status, text = ask("POST", f"{base}/admin/orders/create-order", staff, {"customer_id": 1, "items": items}, key)
    else:
        status, text = ask("POST", f"{base}/api/v1/orders", customer, {"items": items}, key)
    if status not in (201, 202):
        return status, text, None
    reply = json.loads(text)
    if kind == "orchestrate":
        # The rest of it is of this request: its correlation id.
        return status, json.dumps(reply["data"]), reply["data"]["order"]["id"]
    return status, text, reply["orderId"] if kind == "accept" else reply["data"]["id"]


def place(path, prefix, count, clients):
    stop = pathlib.Path(f"{path}.stop")

    def one(number):
        if stop.exists():
            return None
        kind, key, began = KINDS[number % len(KINDS)], f"{prefix}-{number}", time.time()
        status, kept, identifier = order(kind, key, ORDERS[number // len(KINDS) % len(ORDERS)])
        return {"kind": kind, "key": key, "began": began, "ended": time.time(), "status": status, "kept": kept, "id": identifier}

    failed, placed = 0, 0
    with open(path, "w", buffering=1) as file, concurrent.futures.ThreadPoolExecutor(clients) as pool:
        for line in pool.map(one, range(count)):
            if line is None:
                continue
            placed += 1
            if line["id"] is None:
                failed += 1
                print(f"{line['key']}: {line['status']} {line['kept'][:300]}")
            file.write(json.dumps(line) + "\n")
    print(f"{placed} orders placed, {failed} failed")
    return failed == 0 and placed > 0


def lines(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


def repeat(path, known_until, lost_from):
    """Keys answered before `known_until` must give their first answer, those asked for from `lost_from` on an order of another id."""

    def one(number_and_line):
        number, line = number_and_line
        return line, order(line["kind"], line["key"], ORDERS[number % len(ORDERS)])

    same, anew, mistakes = 0, 0, 0
    former = {line["id"] for line in lines(path)}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for line, (status, kept, identifier) in pool.map(one, enumerate(lines(path))):
            is_same = (status, kept) == (line["status"], line["kept"])
            # One that was under way while the backup was taken may be in it or not.
            wrong = (not is_same and line["ended"] < known_until) or (is_same and line["began"] > lost_from)
            # An id that was given before must not name another order now.
            if identifier is None or wrong or (not is_same and identifier in former):
                mistakes += 1
                print(f"{line['key']}: order {line['id']} was {line['status']} {line['kept'][:200]}, now {status} {kept[:200]}")
            same, anew = same + is_same, anew + (not is_same)
    print(f"{same} keys gave their first answer byte for byte, {anew} ordered anew, {mistakes} mistakes")
    return mistakes == 0


def main():
    command, *words = sys.argv[1:]
    if command == "stock":
        body = {"delta": 1000000, "reason": "RECEIPT"}
        status, text = ask("POST", f"{ORDERS[0]}/admin/products/1/adjust-stock", os.environ["API_TOKEN"], body, f"stock-{time.time()}")
        if status != 200 and status != 201:
            sys.exit(f"The stock was not adjusted: {status} {text}")
        done = True
    elif command == "place":
        done = place(words[0], words[1], int(words[2]), int(words[3]) if words[3:] else 8)
    else:
        done = repeat(words[0], float(words[1]), float(words[2]))
    sys.exit(not done)


main()
