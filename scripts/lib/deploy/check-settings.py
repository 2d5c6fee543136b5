"""Whether what deploy/ gives the services is what they read.

    check-settings.py ENV-EXAMPLE COMPOSE-JSON... -- KUBERNETES-YAML...

Each variable of a container that runs one of the product's programs must be a setting that .env.example lists, and each file that a
variable names must be a secret that the container has. Prints what is wrong; fails if anything is.
"""

import json
import re
import sys

import yaml

PROGRAMS = {"CustomersAPI", "OrdersAPI", "Notifier", "Orchestrator", "PaymentSimulator"}


def containers_of_compose(path):
    """Name, variables, and the paths of secrets, of each container that runs a program."""
    with open(path, encoding="utf-8") as file:
        services = json.load(file)["services"]
    for name, service in services.items():
        if runs_program(service.get("command") or []):
            paths = {secret.get("target") or f"/run/secrets/{secret['source']}" for secret in service.get("secrets", [])}
            yield f"{path}: {name}", service.get("environment", {}), {
                path if path.startswith("/") else f"/run/secrets/{path}" for path in paths}


def containers_of_kubernetes(path):
    with open(path, encoding="utf-8") as file:
        resources = list(yaml.safe_load_all(file))
    maps = {resource["metadata"]["name"]: resource["data"] for resource in resources if resource["kind"] == "ConfigMap"}
    for resource in resources:
        if resource["kind"] not in ("Deployment", "Job"):
            continue
        pod = resource["spec"]["template"]["spec"]
        secrets = {
            volume["name"]: [item["path"] for item in volume["secret"]["items"]]
            for volume in pod.get("volumes", []) if "secret" in volume}
        for container in pod["containers"]:
            variables = {}
            for source in container.get("envFrom", []):
                variables.update(maps[source["configMapRef"]["name"]])
            variables.update({variable["name"]: variable["value"] for variable in container.get("env", [])})
            paths = {
                f"{mount['mountPath']}/{name}"
                for mount in container.get("volumeMounts", []) for name in secrets.get(mount["name"], [])}
            yield f"{path}: {resource['metadata']['name']}/{container['name']}", variables, paths


def runs_program(command):
    return any(word in PROGRAMS for part in command for word in part.split())


def main(example, *paths):
    with open(example, encoding="utf-8") as file:
        settings = set(re.findall(r"^#([A-Z_]+)=", file.read(), re.MULTILINE))
    separator = paths.index("--")
    containers = [container for path in paths[:separator] for container in containers_of_compose(path)]
    containers += [container for path in paths[separator + 1:] for container in containers_of_kubernetes(path)]
    mistakes = []
    for name, variables, secrets in containers:
        for variable, value in variables.items():
            setting = variable.removesuffix("_FILE") if variable not in settings else variable
            if setting not in settings:
                mistakes.append(f"{name}: {variable} is no setting.")
            elif setting != variable and value not in secrets:
                mistakes.append(f"{name}: {variable} names {value}, which is no secret of it.")
        used = set(variables.values())
        mistakes += [f"{name}: nothing names the secret {path}." for path in sorted(secrets - used)]
    if not containers:
        mistakes.append("No container runs a program.")
    for mistake in mistakes:
        print(mistake)
    print(f"{len(containers)} containers")
    sys.exit(1 if mistakes else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
