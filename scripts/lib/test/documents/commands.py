"""Commands: blocks in `sh`, commands within sentences, and listings of the library's documentation.

Without a note above it DocumentedExampleTests runs a block on what scripts/run leaves. `<!-- run by NAME -->` names another test or script, which
must know the document or what the block runs; `<!-- not run: REASON -->` is for what no test can do.
"""

import functools
import re

from markdown import ROOT, code_of

NOTE = re.compile(r"^ *<!-- (?:run by (?P<runner>[^ ]+)|not run: (?P<reason>.{10,})) -->$")


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
            if block["language"] == "sh" and block["isIndented"] and not note:
                yield f"{place}: DocumentedExampleTests runs no block that is indented: say above what does."
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


def listing_mistakes(all_documents, compiled):
    """Listings of the library's documentation are those of the page whose listings OwnFunctionTests compiles."""
    known = ["\n".join(block["lines"]) for block in compiled.blocks]
    for document in all_documents:
        for block in document.blocks if ".docc/" in document.name else []:
            if block["language"] == "swift" and "\n".join(block["lines"]) not in known:
                yield f"{document.name}:{block['line']}: {compiled.name} has no such listing, so nothing compiles it."
