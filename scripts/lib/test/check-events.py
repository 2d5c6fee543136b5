"""Checks openapi/events.yaml: against a model of AsyncAPI 3, each reference, and each example against its schema (JSON Schema,
draft 7, as AsyncAPI has it).

Usage: check-events.py DOCUMENT
"""

import sys

import asyncapi3
import jsonschema
import yaml


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        # Dates in examples stay texts.
        document = yaml.load(file, Loader=yaml.BaseLoader)
        file.seek(0)
        typed = yaml.safe_load(file)
    asyncapi3.AsyncAPI3.model_validate(typed)
    check_references(document, document)
    messages = typed["components"]["messages"]
    mistakes = []
    for name, message in messages.items():
        reference = message["payload"]["$ref"]
        schema = {"$ref": reference, "components": typed["components"]}
        jsonschema.Draft7Validator.check_schema(resolve(typed, reference))
        validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
        if not message.get("examples"):
            mistakes.append(f"{name} has no example")
        for example in message.get("examples", []):
            mistakes += [f"{name}: {error.json_path}: {error.message}" for error in validator.iter_errors(example["payload"])]
        if message["name"] not in typed["channels"]["orderEvents"]["parameters"]["type"]["enum"]:
            mistakes.append(f"{name} is no routing key")
    for schema in typed["components"]["schemas"].values():
        jsonschema.Draft7Validator.check_schema(schema)
    if mistakes:
        sys.exit("\n".join(mistakes))
    print(len(messages), "messages")


def check_references(document, node):
    """Each `$ref` names something that is there."""
    if isinstance(node, dict):
        if "$ref" in node:
            resolve(document, node["$ref"])
        for child in node.values():
            check_references(document, child)
    elif isinstance(node, list):
        for child in node:
            check_references(document, child)


def resolve(document, reference):
    if not reference.startswith("#/"):
        sys.exit(f"{reference} is not in this document")
    node = document
    for part in reference[2:].split("/"):
        if part not in node:
            sys.exit(f"{reference} leads nowhere")
        node = node[part]
    return node


main()
