"""check-deployment.py: whether serverless/serverless.yml and serverless/template.yaml can be deployed and fit the product.

Standard input is what `Orchestrator --help` prints. The Serverless Framework publishes no schema apart from its own code, so
the keys of serverless.yml are held against those that its reference documents, as far as this project has use for them.
"""

import os
import re
import sys

import yaml
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# serverless.com/framework/docs/providers/aws/guide/serverless.yml; None: CloudFormation's own, which cfn-lint knows.
DOCUMENTED = {
    "service": str,
    "frameworkVersion": str,
    "configValidationMode": str,
    "params": {"default": None},
    "provider": {
        "name": str, "runtime": str, "architecture": str, "stage": str, "region": str, "memorySize": int, "timeout": int,
        "logRetentionInDays": (int, str), "versionFunctions": bool, "tracing": {"lambda": bool, "apiGateway": bool},
        "httpApi": {"payload": str, "cors": bool, "name": str}, "environment": None,
    },
    "package": {"artifact": str, "individually": bool},
    "functions": {"*": {
        "handler": str, "description": str, "memorySize": int, "timeout": int, "reservedConcurrency": (int, str),
        "provisionedConcurrency": (int, str), "vpc": {"securityGroupIds": list, "subnetIds": list},
        "events": [{
            "httpApi": {"method": str, "path": str},
            "schedule": {"rate": list, "description": str, "enabled": bool, "input": None},
        }],
    }},
    "resources": {"Resources": None, "extensions": None, "Outputs": None},
}
API_GATEWAY_SECONDS_MAX = 30
SECRET = re.compile(r"\{\{resolve:secretsmanager:.+:SecretString:[a-z_]+\}\}$")

failures = []


def expect(condition, sentence):
    if not condition:
        failures.append(sentence)


def check_keys(value, documented, path):
    if documented is None:
        return
    if isinstance(documented, list):
        if not isinstance(value, list):
            expect(False, f"{path} must be a list")
            return
        for index, entry in enumerate(value):
            check_keys(entry, documented[0], f"{path}[{index}]")
    elif isinstance(documented, dict):
        if not isinstance(value, dict):
            expect(False, f"{path} must be a mapping")
            return
        for key, entry in value.items():
            known = documented.get(key, documented.get("*", KeyError))
            expect(known is not KeyError, f"{path}.{key} is no key that the framework documents")
            if known is not KeyError:
                check_keys(entry, known, f"{path}.{key}")
    else:
        expect(isinstance(value, documented), f"{path} is {value!r}, of the wrong type")


def of_framework(path):
    text = yaml.safe_load(open(path))
    check_keys(text, DOCUMENTED, "serverless.yml")
    if failures:
        sys.exit("\n".join(failures))
    events = text["functions"]["orchestrator"]["events"]
    return {
        "variables": text["provider"]["environment"],
        "routes": {(e["httpApi"]["method"], e["httpApi"]["path"]) for e in events if "httpApi" in e},
        "schedules": sum("schedule" in e for e in events),
        "seconds": text["provider"]["timeout"],
        "megabytes": text["provider"]["memorySize"],
        "runtime": text["provider"]["runtime"],
        "package": text["package"]["artifact"],
    }


def of_sam(path):
    text = yaml_parse(open(path).read())
    function = text["Resources"]["Orchestrator"]["Properties"]
    events = function["Events"].values()
    routes = {(e["Properties"]["Method"], e["Properties"]["Path"]) for e in events if e["Type"] == "HttpApi"}
    found = {
        "variables": function["Environment"]["Variables"],
        "routes": routes,
        "schedules": sum(e["Type"] == "Schedule" for e in events),
        "seconds": function["Timeout"],
        "megabytes": function["MemorySize"],
        "runtime": function["Runtime"],
        "package": function["CodeUri"],
    }
    # `sam package` puts the place of the uploaded zip here.
    function["CodeUri"] = "s3://bucket/bootstrap.zip"
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

    class NoManagedPolicies:
        def load(self):
            return {}

    transform(text, {}, NoManagedPolicies())
    return found


def check_function(name, found, settings, operations):
    for variable, value in found["variables"].items():
        expect(variable in settings, f"{name} sets {variable}, which Orchestrator --help does not know")
        if variable.endswith("_TOKEN"):
            text = value if isinstance(value, str) else value.get("Fn::Sub", "")
            expect(SECRET.match(text), f"{name} sets {variable} otherwise than from Secrets Manager")
    for method, path in found["routes"]:
        expect((method, path) in operations, f"{name} routes {method} {path}, which openapi/orchestrator.yaml does not have")
    expect(("POST", "/orchestrator/create-and-confirm-order") in found["routes"], f"{name} does not route orders")
    expect(found["seconds"] < API_GATEWAY_SECONDS_MAX, f"{name} gives the function longer than API Gateway waits")
    expect(found["package"] == "../bootstrap.zip", f"{name} deploys {found['package']}")


contract = yaml.safe_load(open("openapi/orchestrator.yaml"))
operations = {(method.upper(), path) for path, item in contract["paths"].items() for method in item}
settings = set(re.findall(r"^  ([A-Z][A-Z_]*)  ", sys.stdin.read(), re.MULTILINE))
expect(settings, "Orchestrator --help lists no settings")
framework = of_framework("serverless/serverless.yml")
sam = of_sam("serverless/template.yaml")
check_function("serverless.yml", framework, settings, operations)
check_function("template.yaml", sam, settings, operations)
for part in framework:
    mine, other = framework[part], sam[part]
    if part == "variables":
        mine, other = set(mine), set(other)
    expect(mine == other, f"serverless.yml and template.yaml differ in {part}: {mine} and {other}")
for failure in failures:
    print(failure)
sys.exit(bool(failures))
