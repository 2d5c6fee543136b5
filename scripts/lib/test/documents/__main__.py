"""Checks the Markdown files of this repository; each mistake is a line, and any makes the exit status 1.

- Links: each relative one names a file, and its anchor a heading of it.
- Commands: each block in `sh` runs in a test, or says above it why not (commands.py has how).
- Commands within sentences name a script that there is, with options that it knows, and tests that there are.
- README.es.md says what README.md says: headings, commands, settings with their defaults, links.
- docs/README.md leads to each page of docs/.
- docs/limits.md tells the limits of the code and of .env.example, and tables of settings their defaults.
- Listings of the library's documentation are compiled elsewhere.
- docs/problems.md has a cure for each code, and docs/architecture.md draws the points at which an order may be killed.
"""

import sys

from commands import command_mistakes, listing_mistakes, script_mistakes
from figures import cure_mistakes, default_mistakes, limit_mistakes, point_mistakes
from links import contents_mistakes, link_mistakes
from markdown import documents
from translation import translation_mistakes


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
