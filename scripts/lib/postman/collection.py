#!/usr/bin/env python3
"""collection.py CONTRACTS FOLDER: writes FOLDER's Postman collection (format 2.1.0) and environment from CONTRACTS/*.yaml."""

import json
import re
import sys
import urllib.parse
import uuid
from pathlib import Path

import yaml

import plan
import scripts

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
# Postman knows a collection by its id: the same one again replaces what was imported before.
NAMESPACE = uuid.UUID("6c1f7d1e-6f0c-4b7e-9a51-9a3d3f6f2f60")
TOKENS = {"apiToken": "apiToken", "serviceToken": "serviceToken", "customerToken": "customerToken", "secretKey": "paymentKey"}
# Headers that every operation takes and that no request needs: sent for everybody, they would say the same of all.
LEFT_OUT = {"X-Correlation-Id", "traceparent", "X-Request-Timeout-Ms", "If-Match", "If-None-Match", "Simulator-Fault", "Prefer"}
KEY_HEADERS = {"X-Idempotency-Key", "Idempotency-Key"}


class Contract:
    def __init__(self, name, path):
        self.name = name
        self.document = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.title, self.base = plan.SERVICES[name]
        self.operations = {}
        for url, operations in self.document["paths"].items():
            shared = operations.get("parameters", [])
            for method, operation in operations.items():
                if method != "parameters":
                    self.operations[operation["operationId"]] = (method.upper(), url, shared, operation)

    def resolved(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node


def description(text):
    return re.sub(r"(?<!\n)\n(?!\n|\s*[-|])", " ", text).strip()


class RequestBuilder:
    """One request of an operation, as the plan has it."""

    def __init__(self, contract, operation_id, wishes, name=None):
        self.contract = contract
        self.wishes = wishes
        self.method, self.url, shared, self.operation = contract.operations[operation_id]
        self.name = name or self.operation["summary"]
        self.parameters = [contract.resolved(p) for p in shared + self.operation.get("parameters", [])]

    def item(self):
        request = {
            "method": self.method,
            "header": self.headers(),
            "url": self.address(),
            "description": description(self.operation.get("description", self.operation["summary"])),
        }
        auth = self.auth()
        if auth is not None:
            request["auth"] = auth
        body = self.body()
        if body is not None:
            request["body"] = body
        return {"name": self.name, "event": self.events(), "request": request, "response": []}

    def auth(self):
        """Nothing where the collection's own is right."""
        security = self.operation.get("security")
        if security is None or any("apiToken" in scheme for scheme in security):
            return None
        if not security:
            return {"type": "noauth"}
        variable = TOKENS[next(iter(security[0]))]
        return {"type": "bearer", "bearer": [{"key": "token", "value": "{{%s}}" % variable, "type": "string"}]}

    def address(self):
        variables = dict(self.wishes.get("variables", {}))
        path, path_variables, query = self.url, [], []
        for parameter in self.parameters:
            name = parameter["name"]
            if parameter["in"] == "path":
                path = path.replace("{%s}" % name, ":" + name)
                path_variables.append({"key": name, "value": str(variables.pop(name, parameter.get("example", "")))})
            elif parameter["in"] == "query":
                is_sent = name in variables
                value = variables.pop(name, parameter.get("example", ""))
                value = str(value).lower() if isinstance(value, bool) else str(value)
                entry = {"key": name, "value": value, "description": description(parameter.get("description", ""))}
                query.append(entry if is_sent else entry | {"disabled": True})
        if variables:
            sys.exit(f"{self.name} has no parameter {', '.join(variables)}.")
        sent = "&".join(f"{entry['key']}={urllib.parse.quote(entry['value'], safe='{}:')}" for entry in query if "disabled" not in entry)
        base = "{{%s}}" % self.contract.base
        address = {
            "raw": base + path + (f"?{sent}" if sent else ""),
            "host": [base],
            "path": path.split("/")[1:],
        }
        if query:
            address["query"] = query
        if path_variables:
            address["variable"] = path_variables
        return address

    def headers(self):
        headers = []
        for parameter in self.parameters:
            if parameter["in"] != "header" or parameter["name"] in LEFT_OUT:
                continue
            if parameter["name"] not in KEY_HEADERS:
                sys.exit(f"{self.name} takes the header {parameter['name']}, of which the plan says nothing.")
            value = self.wishes.get("key", "postman-{{$guid}}")
            headers.append({"key": parameter["name"], "value": value})
        media_type = self.media_type()
        if media_type == "application/json":
            headers.append({"key": "Content-Type", "value": media_type})
        return headers

    def media_type(self):
        body = self.operation.get("requestBody")
        return next(iter(self.contract.resolved(body)["content"])) if body else None

    def body(self):
        media_type = self.media_type()
        if media_type is None:
            return None
        examples = self.contract.resolved(self.operation["requestBody"])["content"][media_type]["examples"]
        value = dict(self.contract.resolved(next(iter(examples.values())))["value"])
        for name, given in self.wishes.get("body", {}).items():
            if given is None:
                value.pop(name, None)
            else:
                value[name] = given
        if media_type == "application/x-www-form-urlencoded":
            fields = [{"key": name, "value": str(given).lower() if isinstance(given, bool) else str(given), "type": "text"}
                      for name, given in value.items()]
            return {"mode": "urlencoded", "urlencoded": fields}
        text = json.dumps(value, indent=2, ensure_ascii=False)
        # A number that is a variable stands without quotes.
        text = re.sub(r'("(?:\w*_)?id": )"(\{\{\w+\}\})"', r"\1\2", text)
        return {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}

    def events(self):
        success = [int(status) for status in self.operation["responses"] if status.startswith("2")]
        reply = self.contract.resolved(self.operation["responses"][str(success[0])])
        media_type = next(iter(reply.get("content", {})), None)
        members = scripts.members_required(self.contract, reply, media_type)
        return scripts.events(self.wishes, success, media_type, members)


def folder(name, text, items):
    return {"name": name, "description": text, "item": items}


def service_folder(contract):
    folders = []
    known = plan.REQUESTS[contract.name]
    for tag in contract.document["tags"]:
        ids = [name for name, (_, _, _, operation) in contract.operations.items() if operation["tags"] == [tag["name"]]]
        # The plan's order is that in which they can be sent one after the other.
        ids.sort(key=lambda name: list(known).index(name) if name in known else -1)
        items = [RequestBuilder(contract, name, known.get(name, {})).item() for name in ids]
        folders.append(folder(tag["name"], description(tag.get("description", "")), items))
    unknown = set(known) - set(contract.operations)
    if unknown:
        sys.exit(f"The plan has operations that {contract.name}.yaml has not: {', '.join(sorted(unknown))}.")
    return folder(contract.title, f"Made of openapi/{contract.name}.yaml, which says more.", folders)


def story_folder(contracts):
    items = [RequestBuilder(contracts[service], operation, wishes, name).item() for name, service, operation, wishes in plan.STORY]
    text = "One order from its making to its end. Run the folder: each request uses what the one before it left."
    return folder("One key is one order", text, items)


def collection(contracts):
    order = ["customers", "orders", "orchestrator", "notifier", "payment-simulator"]
    text = (
        "Every operation of every service. Choose the environment that comes with it, and give it the tokens of your "
        "installation: `apiToken` where one is set, `serviceToken` for what services tell each other, `customerToken` for "
        "`/api/v1/orders` (a login fills it in, and so does `OrdersAPI token --customer 1`). Each request is right as it stands."
    )
    return {
        "info": {"name": "Orchestrator", "_postman_id": str(uuid.uuid5(NAMESPACE, "collection")), "description": text, "schema": SCHEMA},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{apiToken}}", "type": "string"}]},
        "item": [story_folder(contracts)] + [service_folder(contracts[name]) for name in order],
    }


def environment():
    values = [{"key": key, "value": value, "type": "secret" if is_secret else "default", "enabled": True}
              for key, value, is_secret in plan.ENVIRONMENT]
    return {"id": str(uuid.uuid5(NAMESPACE, "environment")), "name": "Orchestrator on this machine", "values": values,
            "_postman_variable_scope": "environment"}


def main():
    contracts_folder, target = map(Path, sys.argv[1:])
    contracts = {name: Contract(name, contracts_folder / f"{name}.yaml") for name in plan.SERVICES}
    for name, document in (("collection", collection(contracts)), ("environment", environment())):
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        (target / f"orchestrator.postman_{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
