"""README.es.md beside README.md."""

import re

from commands import NOTE
from markdown import code_of


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
