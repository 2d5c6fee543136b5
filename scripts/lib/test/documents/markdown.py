"""The Markdown files of this repository, taken apart."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[4]


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
            fence = re.match(r"^( *)```(.*)$", line)
            if fence and block is None:
                block = {"line": number, "language": fence[2], "note": note, "isIndented": fence[1] != "", "lines": []}
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


def code_of(block):
    """The lines of a block without comments, and of a drawing without its labels."""
    if block["language"] == "mermaid":
        return [re.sub(r'"[^"]*"', '""', line) for line in block["lines"]]
    return [line for line in block["lines"] if not line.lstrip().startswith("#")]
