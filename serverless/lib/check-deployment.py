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
            "sqs": {
                "arn": None, "batchSize": int, "functionResponseType": str, "maximumConcurrency": (int, str), "enabled": bool,
            },
        }],
    }},
    "resources": {"Resources": None, "extensions": None, "Outputs": None},
}
API_GATEWAY_SECONDS_MAX = 30
# What each alarm has to watch. A 503 is an answer of the function, no error of it: only API Gateway counts it.
ALARMS = {
    "AWS/Lambda Errors": "failing invocations", "AWS/ApiGateway 5xx": "answers of 500 and above",
    "AWS/Lambda Throttles": "throttled calls", "AWS/Lambda Duration": "calls near the timeout",
    "AWS/SQS ApproximateNumberOfMessagesVisible": "refused orders",
}
# A refused order is the sender's affair, not a new version's.
CANARY_IGNORES = {"AWS/SQS ApproximateNumberOfMessagesVisible"}
SECRET = re.compile(r"\{\{resolve:secretsmanager:.+:SecretString:[a-z_]+\}\}$")

failures = []


def expect(condition, sentence):
    if not condition:
        failures.append(sentence)
    return condition


def check_keys(value, documented, path):
    if documented is None:
        return
    if isinstance(documented, list):
        if expect(isinstance(value, list), f"{path} must be a list"):
            for index, entry in enumerate(value):
                check_keys(entry, documented[0], f"{path}[{index}]")
    elif isinstance(documented, dict):
        if expect(isinstance(value, dict), f"{path} must be a mapping"):
            for key, entry in value.items():
                known = documented.get(key, documented.get("*", KeyError))
                if expect(known is not KeyError, f"{path}.{key} is no key that the framework documents"):
                    check_keys(entry, known, f"{path}.{key}")
    else:
        expect(isinstance(value, documented), f"{path} is {value!r}, of the wrong type")


def resources_of_type(resources, kind):
    return {name: entry for name, entry in resources.items() if entry.get("Type") == kind}


def alarms(resources):
    """The metric that each alarm watches, and what of the alarm both deployments have to have in common."""
    found = {}
    for name, entry in resources_of_type(resources, "AWS::CloudWatch::Alarm").items():
        alarm = entry["Properties"]
        kept = ["Statistic", "Period", "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData"]
        found[f"{alarm['Namespace']} {alarm['MetricName']}"] = {part: alarm.get(part) for part in kept}
        expect(
            alarm.get("TreatMissingData") == "notBreaching", f"the alarm {name} takes an hour without calls for a failure")
    return found


def queues(resources):
    """The redrive policies, without the names of the queues, which differ."""
    found = {}
    for name, entry in resources_of_type(resources, "AWS::SQS::Queue").items():
        queue = dict(entry.get("Properties", {}))
        redrive = queue.pop("RedrivePolicy", {})
        if redrive:
            queue["maxReceiveCount"] = redrive["maxReceiveCount"]
            dead = redrive["deadLetterTargetArn"].get("Fn::GetAtt", [""])
            dead = dead.split(".") if isinstance(dead, str) else dead
            expect(dead[0] in resources, f"the dead-letter queue of {name} is not in the deployment")
        found[name] = queue
    return found


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
        "queue events": [
            (e["sqs"]["batchSize"], e["sqs"]["functionResponseType"]) for e in events if "sqs" in e],
        "alarms": alarms(text["resources"]["Resources"]),
        "queues": queues(text["resources"]["Resources"]),
        "default of reserved concurrency": text["params"]["default"].get("reservedConcurrency"),
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
        "queue events": [
            (e["Properties"]["BatchSize"], ",".join(e["Properties"]["FunctionResponseTypes"]))
            for e in events if e["Type"] == "SQS"],
        "alarms": alarms(text["Resources"]),
        "queues": queues(text["Resources"]),
        "default of reserved concurrency": text["Parameters"]["ReservedConcurrency"].get("Default"),
        "seconds": function["Timeout"],
        "megabytes": function["MemorySize"],
        "runtime": function["Runtime"],
        "package": function["CodeUri"],
    }
    watched = set()
    for alarm in function["DeploymentPreference"]["Alarms"]:
        watched |= set(alarms({"": text["Resources"][alarm["Ref"]]}))
    expect(watched >= set(ALARMS) - CANARY_IGNORES, f"template.yaml's canary watches nothing but {sorted(watched)}")
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
    for metric, meaning in ALARMS.items():
        expect(metric in found["alarms"], f"{name} has no alarm for {meaning} ({metric})")
    duration = found["alarms"].get("AWS/Lambda Duration", {}).get("Threshold", 0)
    expect(
        0.5 * found["seconds"] <= duration / 1000 < found["seconds"],
        f"{name} rings at {duration} ms, which is not near the timeout of {found['seconds']} s")
    expect(
        found["default of reserved concurrency"] is None,
        f"{name} decides for everybody how many calls at once the Orders API bears")
    check_queue(name, found)


def check_queue(name, found):
    expect(found["queue events"], f"{name} takes no orders from a queue")
    for _, response_type in found["queue events"]:
        expect(
            response_type == "ReportBatchItemFailures", f"{name} lets SQS delete the messages whose order was not placed")
    sources = [queue for queue in found["queues"].values() if "maxReceiveCount" in queue]
    expect(sources, f"{name} has no dead-letter queue for refused orders")
    for queue in sources:
        # docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        expect(queue["VisibilityTimeout"] >= 6 * found["seconds"], f"{name} delivers a message again while it is worked on")
        expect(queue["maxReceiveCount"] >= 5, f"{name} gives up on a message before an outage of the Orders API is over")


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
