"""What Postman runs before a request and after its reply (https://learning.postman.com/docs/tests-and-scripts/)."""

import json


def members_required(contract, reply, media_type):
    """The members that the reply's schema requires, and those of its `data`."""
    if media_type != "application/json":
        return []
    found = []
    schema = contract.resolved(reply["content"][media_type]["schema"])
    for name in schema.get("required", []):
        found.append(name)
        member = contract.resolved(schema["properties"][name])
        if not member.get("nullable"):
            found += [f"{name}.{inner}" for inner in member.get("required", [])]
    return found


def value(dotted):
    return "reply" + "".join(f"[{json.dumps(part)}]" for part in dotted.split("."))


def events(wishes, success, media_type, members):
    lines = [f"pm.test({json.dumps(status_name(success, wishes))}, () => "
             f"pm.expect(pm.response.code).to.be.oneOf({json.dumps(success + wishes.get('also', []))}));"]
    checks = []
    if media_type == "application/json":
        lines.append("const reply = pm.response.json();")
        checks += [f"pm.test({json.dumps('it has ' + name)}, () => pm.expect({value(name)}).to.not.equal(undefined));"
                   for name in members]
    if "member" in wishes:
        name, expected = wishes["member"]
        checks.append(f"pm.test({json.dumps(f'{name} is {expected}')}, () => pm.expect({value(name)}).to.equal({json.dumps(expected)}));")
    if "same" in wishes:
        name, variable = wishes["same"]
        checks.append(f"pm.test('it is the same order', () => "
                      f"pm.expect(String({value(name)})).to.equal(pm.variables.get({json.dumps(variable)})));")
    if wishes.get("replayed"):
        checks.append("pm.test('it says that it is a repetition', () => "
                      "pm.expect(pm.response.headers.get('Idempotency-Replayed')).to.equal('true'));")
    checks += [f"pm.environment.set({json.dumps(variable)}, String({value(name)}));" for variable, name in wishes.get("keep", {}).items()]
    if checks:
        lines += ["if (pm.response.code < 300) {"] + ["  " + line for line in checks] + ["}"]
    made = []
    if wishes.get("newKey"):
        made.append(event("prerequest", ["pm.environment.set('storyKey', 'postman-' + pm.variables.replaceIn('{{$guid}}'));"]))
    made.append(event("test", lines))
    return made


def status_name(success, wishes):
    return "it answers " + " or ".join(str(status) for status in success + wishes.get("also", []))


def event(listen, lines):
    return {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}
