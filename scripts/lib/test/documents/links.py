"""Links, and the table of contents."""

import re


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


def contents_mistakes(contents, all_documents):
    reached = {(contents.path.parent / link.partition("#")[0]).resolve() for _, link in contents.links()}
    for document in all_documents:
        if document.path.parent == contents.path.parent and document.path not in reached | {contents.path}:
            yield f"{contents.name} does not lead to {document.path.name}."
