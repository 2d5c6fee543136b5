"""What the documents say of the code: limits, defaults of settings, codes of problems, points at which an order may be killed."""

import re

from markdown import ROOT


def default_mistakes(all_documents):
    """Settings in a table whose second column is their default."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    defaults = dict(re.findall(r"^#([A-Z_]+)=(\d+)$", example, re.M))
    for document in all_documents:
        header = []
        for number, cells in document.rows():
            names = re.findall(r"`([A-Z_]+)`", cells[0])
            if not names:
                header = cells
            elif len(header) > 1 and header[1] == "default":
                for name in names:
                    if name in defaults and defaults[name] not in re.findall(r"\d+", cells[1]):
                        yield f"{document.name}:{number}: the default of {name} is {defaults[name]}, not {cells[1]}."


def cure_mistakes(document):
    codes = []
    cured = []
    for _, cells in document.rows():
        codes += re.findall(r"`([^`]+)`", cells[1]) if re.fullmatch(r"\d{3}", cells[0]) else []
        cured += re.findall(r"`([^`]+)`", cells[0]) if len(cells) == 2 else []
    for code in sorted(set(codes) - set(cured)):
        yield f"{document.name} has no cure for {code}."
    for code in sorted(set(cured) - set(codes) | {code for code in cured if cured.count(code) > 1}):
        yield f"{document.name}: the cure of {code} is one too many."


def point_mistakes(document):
    """The fault points of an orchestration, in the code and in the drawing."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "Sources").rglob("*.swift"))
    points = set(re.findall(r'faultPoint(?:LosesReply)?\("([^"]+)"', code))
    drawn = set(re.findall(r"[a-z-]+(?:\.[a-z-]+)+", "\n".join(
        line for block in document.blocks for line in block["lines"] if "✗" in line)))
    needed = {point for point in points if re.match(r"orchestrator\.|orders\.(create|confirm|cancel)\.", point)}
    for point in sorted(needed - drawn):
        yield f"{document.name} does not draw {point}."
    for point in sorted(drawn - points):
        yield f"{document.name}: {point} is no fault point."


def limit_mistakes(document):
    """Each limit by the name of its setting or of its constant in the code, with the number that it has there."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    defaults = dict(re.findall(r"^#([A-Z_]+)=(.*)$", example, re.M))
    count = 0
    for number, cells in document.rows():
        if not cells[0].startswith("`"):
            continue
        count += 1
        name = cells[0].strip("`")
        told = {text.replace(",", "") for text in re.findall(r"\d[\d,]*(?:\.\d+)?", cells[1])}
        if re.fullmatch(r"[A-Z_]+", name):
            if name not in defaults:
                yield f"{document.name}:{number}: {name} is no setting."
            elif not set(re.findall(r"\d+", defaults[name])) <= told:
                yield f"{document.name}:{number}: the default of {name} is {defaults[name] or 'none'}, not {cells[1]}."
            continue
        value = constant(name)
        if value is None:
            yield f"{document.name}:{number}: the code has no constant {name}."
        elif not set(value) <= told:
            yield f"{document.name}:{number}: {name} is {' to '.join(value)} in the code, not {cells[1]}."
    if count < 20:
        yield f"{document.name}: only {count} limits were found."


def constant(name):
    """The numbers of `Type.member` in Sources, as its literal has them; None where there is no such literal."""
    type_name, _, member = name.partition(".")
    for path in sorted((ROOT / "Sources").rglob(f"{type_name}*.swift")):
        for found in re.finditer(rf"\b(?:let|var) {member}\b(?:: [\w<>]+)? = ([^\n]+)", path.read_text(encoding="utf-8")):
            text = re.sub(r"(?<=\d)_(?=\d)", "", found[1].split("//")[0].strip())
            parts = text.split("...")
            if all(re.fullmatch(r"[\d *<+().-]+", part) for part in parts):
                return [f"{eval(part):g}" if "." in part else str(eval(part)) for part in parts]
    return None
