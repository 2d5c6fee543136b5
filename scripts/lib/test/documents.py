"""Checks the Markdown files of this repository; each mistake is a line, and any makes the exit status 1.

- Links: each relative one names a file, and its anchor a heading of it.
- Commands: each block in `sh` runs in a test, or says above it why not. Without a note DocumentedExampleTests runs it on what scripts/run
  leaves; `<!-- run by NAME -->` names another test or script, which must know the document or the command;
  `<!-- not run: REASON -->` is for what no test can do.
- Commands within sentences name a script that there is, with options that it knows, and tests that there are.
- README.es.md says what README.md says: headings, commands, settings with their defaults, links.
- docs/README.md leads to each page of docs/.
- docs/limits.md tells the limits of the code and of .env.example, and tables of settings their defaults.
- Listings of the library's documentation are compiled elsewhere.
- docs/problems.md has a cure for each code, and docs/architecture.md draws the points at which an order may be killed.
"""

import functools
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
NOTE = re.compile(r"^ *<!-- (?:run by (?P<runner>[^ ]+)|not run: (?P<reason>.{10,})) -->$")


class Document:
    """The lines of a file with its fenced blocks taken apart."""

    def __init__(self, path):
        self.path = path
        self.name = str(path.relative_to(ROOT))
        self.blocks = []
        prose = []
        block = None
        note = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            fence = re.match(r"^ *```(.*)$", line)
            if fence and block is None:
                block = {"line": number, "language": fence[1], "note": note, "lines": []}
            elif fence:
                self.blocks.append(block)
                block = None
            elif block is not None:
                block["lines"].append(line)
            else:
                prose.append((number, line))
            if line.strip():
                note = line
        self.prose = prose

    def headings(self):
        return [(number, line) for number, line in self.prose if re.match(r"#{1,6} ", line)]

    def anchors(self):
        """As GitHub makes them of headings."""
        anchors = set()
        for _, line in self.headings():
            text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", line.lstrip("#").strip()).lower()
            slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            count = 1
            name = slug
            while name in anchors:
                name = f"{slug}-{count}"
                count += 1
            anchors.add(name)
        return anchors

    def links(self):
        """Targets of links, with their lines; not those within code."""
        text = "\n".join(line for _, line in self.prose)
        text = re.sub(r"`[^`\n]*`", lambda code: "`" + "x" * (len(code[0]) - 2) + "`", text)
        for link in re.finditer(r"\]\(([^)\s]+)\)", text):
            yield self.prose[text.count("\n", 0, link.start())][0], link[1]

    def rows(self):
        """Cells of the tables, a list for each row."""
        for number, line in self.prose:
            if line.startswith("|") and not re.match(r"^\|[ :|-]+\|$", line):
                yield number, [cell.strip() for cell in line.strip("|").split(" | ")]


def documents():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, check=True, capture_output=True, text=True)
    return [Document(ROOT / name) for name in sorted(set(listed.stdout.split("\n"))) if name and (ROOT / name).exists()]


def link_mistakes(all_documents):
    anchors = {document.path: document.anchors() for document in all_documents}
    for document in all_documents:
        for number, link in document.links():
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (document.path.parent / name).resolve() if name else document.path
            if not target.exists():
                yield f"{document.name}:{number}: {link}: there is no such file."
            elif anchor and target in anchors and anchor not in anchors[target]:
                yield f"{document.name}:{number}: {link}: {target.name} has no such heading."


def command_mistakes(all_documents):
    for document in all_documents:
        for block in document.blocks:
            place = f"{document.name}:{block['line']}"
            # What a person would paste into a shell is to be marked as such, or nothing would run it.
            if block["language"] == "" and any(re.match(r" *(\$ |curl |scripts/|git |docker )", line) for line in block["lines"]):
                yield f"{place}: a block of commands begins with ```sh."
            if block["language"] in ("bash", "shell", "console", "zsh"):
                yield f"{place}: a block of commands begins with ```sh, not ```{block['language']}."
            note = NOTE.match(block["note"])
            if block["language"] == "sh" and note and note["runner"]:
                yield from runner_mistakes(place, document, block, note["runner"])
            if block["language"] == "sh" and block["note"].strip().startswith("<!--") and not note:
                yield f"{place}: the note above is neither <!-- run by NAME --> nor <!-- not run: REASON -->."


def runner_mistakes(place, document, block, runner):
    script = ROOT / runner
    found = [script] if script.is_file() else list((ROOT / "Tests").rglob(f"{runner}.swift"))
    if not found:
        yield f"{place}: there is no test or script {runner}."
        return
    text = found[0].read_text(encoding="utf-8")
    # A test reads the document, or does what the block does by the same program or file.
    names = [document.name] if document.path.name == "README.md" else [document.path.name]
    words = [word for line in code_of(block) for word in re.split(r"""[\s"'=@]|\$PWD/""", line) if len(word) > 5]
    if not any(word in text for word in [*names, *words, f'"{document.path.parent.name}/']):
        yield f"{place}: {runner} knows neither {document.name} nor what the block runs."


def script_mistakes(all_documents):
    """Commands within sentences: the script is there, knows its options, and a filter finds tests."""
    tests = {path.stem for path in (ROOT / "Tests").rglob("*.swift")} | {path.name for path in (ROOT / "Tests").iterdir()}
    for document in all_documents:
        for number, line in document.prose:
            for command in re.findall(r"`((?:[A-Z_]+=\S+ )*(?:scripts/|serverless/package|deploy/(?:tls/)?make-)[^` ]*[^`]*)`", line):
                name, *words = re.sub(r"^(?:[A-Z_]+=\S+ )+", "", command).replace("\\|", "|").split()
                place = f"{document.name}:{number}: {command}:"
                if not (ROOT / name).exists():
                    yield f"{place} there is no {name}."
                    continue
                known = knowledge_of(name)
                for option in re.findall(r"(?<!\S)--[a-z-]+", " ".join(words)):
                    if option not in known:
                        yield f"{place} {name} has no {option}."
                pattern = re.search(r"--filter '?([^' ]+)'?", " ".join(words))
                for part in pattern[1].split("|") if pattern and name == "scripts/test" else []:
                    if not any(part.split(".")[-1] in test for test in tests):
                        yield f"{place} no test has {part} in its name."


@functools.cache
def knowledge_of(name):
    """The text of a script, and of the program that it starts."""
    script = ROOT / name
    if not script.is_file():
        return ""
    program = {"chaos": "Tests/Chaos", "cluster": "Tests/Chaos", "bench": "bench"}.get(script.name)
    sources = (ROOT / program).rglob("*.[sp]*") if program else []
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in [script, *sources] if path.is_file())


def code_of(block):
    """The lines of a block without comments, and of a drawing without its labels."""
    if block["language"] == "mermaid":
        return [re.sub(r'"[^"]*"', '""', line) for line in block["lines"]]
    return [line for line in block["lines"] if not line.lstrip().startswith("#")]


def code_lines(document):
    for block in document.blocks:
        yield block["line"], "```" + block["language"]
        for line in code_of(block):
            yield block["line"], line


def settings_of(document):
    """The names of each row of the settings' table, and the code in the cell of their defaults."""
    for number, cells in document.rows():
        if re.match(r"`[A-Z]", cells[0]):
            yield number, (re.findall(r"`([^`]+)`", cells[0]), re.findall(r"`[^`]+`|\d+", cells[1]))


def translation_mistakes(original, translation):
    """The first difference of each kind."""
    kinds = {
        "headings": lambda document: [(n, re.match(r"#+", line)[0]) for n, line in document.headings()],
        "code": code_lines,
        "notes above code": lambda document: [(b["line"], b["note"] if NOTE.match(b["note"]) else "") for b in document.blocks],
        "settings": settings_of,
        "links": lambda document: [
            (n, link) for n, link in document.links() if link not in ("README.md", "README.es.md") and not link.startswith("#")],
        "code in sentences": lambda document: [
            (n, code) for n, line in document.prose for code in re.findall(r"`([^`]+)`", line) if not line.startswith("|")],
    }
    for kind, listed in kinds.items():
        first, second = list(listed(original)), list(listed(translation))
        if kind in ("links", "code in sentences"):
            # A sentence may turn its parts round.
            first, second = sorted(first, key=lambda item: item[1]), sorted(second, key=lambda item: item[1])
        for (number, mine), (other, theirs) in zip(first, second):
            if mine != theirs:
                yield f"{translation.name}:{other}: {kind}: {theirs} where {original.name}:{number} has {mine}."
                break
        else:
            if len(first) != len(second):
                longer, document = (first, original) if len(first) > len(second) else (second, translation)
                number, extra = longer[min(len(first), len(second))]
                yield f"{document.name}:{number}: {kind}: {extra} is only there."


def contents_mistakes(contents, all_documents):
    reached = {(contents.path.parent / link.partition("#")[0]).resolve() for _, link in contents.links()}
    for document in all_documents:
        if document.path.parent == contents.path.parent and document.path not in reached | {contents.path}:
            yield f"{contents.name} does not lead to {document.path.name}."


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


def listing_mistakes(all_documents, compiled):
    """Listings of the library's documentation are those of the page whose listings OwnFunctionTests compiles."""
    known = ["\n".join(block["lines"]) for block in compiled.blocks]
    for document in all_documents:
        for block in document.blocks if ".docc/" in document.name else []:
            if block["language"] == "swift" and "\n".join(block["lines"]) not in known:
                yield f"{document.name}:{block['line']}: {compiled.name} has no such listing, so nothing compiles it."


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
            elif not set(re.findall(r"\d+", defaults[name])) <= told and not (defaults[name] == "" and "by default" in cells[1]):
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


def main():
    all_documents = documents()
    by_name = {document.name: document for document in all_documents}
    mistakes = [
        *link_mistakes(all_documents),
        *command_mistakes(all_documents),
        *script_mistakes(all_documents),
        *translation_mistakes(by_name["README.md"], by_name["README.es.md"]),
        *contents_mistakes(by_name["docs/README.md"], all_documents),
        *default_mistakes(all_documents),
        *limit_mistakes(by_name["docs/limits.md"]),
        *listing_mistakes(all_documents, by_name["docs/write-your-own-function.md"]),
        *cure_mistakes(by_name["docs/problems.md"]),
        *point_mistakes(by_name["docs/architecture.md"]),
    ]
    print("\n".join(mistakes) if mistakes else f"{len(all_documents)} documents")
    sys.exit(1 if mistakes else 0)


main()
