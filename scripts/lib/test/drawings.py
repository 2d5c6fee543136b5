"""Draws each Mermaid block of the Markdown files in a browser; one that cannot be drawn is a line, and the exit status 1.

Usage: drawings.py MERMAID BROWSER [PICTURE]
  MERMAID  the file mermaid.min.js
  BROWSER  a Chromium
  PICTURE  where to keep a picture of all of them (PNG)
"""

import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECONDS_MAX = 120
PAGE = """<meta charset="utf-8"><ol id="said"></ol><script src="mermaid.min.js"></script><script>
mermaid.initialize({ startOnLoad: false });
const said = document.getElementById("said");
(async () => {
  for (const [number, [place, text]] of DRAWINGS.entries()) {
    let line = "drawn " + place;
    const drawing = document.createElement("div");
    try { drawing.innerHTML = (await mermaid.render("drawing" + number, text)).svg; } catch (error) { line = place + ": " + error.message; }
    const item = document.createElement("li");
    item.textContent = line;
    said.append(item);
    document.body.append(drawing);
  }
})();
</script>"""


def drawings():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in listed.stdout.split():
        text = (ROOT / name).read_text(encoding="utf-8")
        for block in re.finditer(r"(?ms)^```mermaid\n(.*?)^```", text):
            yield f"{name}:{text.count(chr(10), 0, block.start()) + 1}", block[1]


def browse(browser, folder, *arguments):
    """What chromium prints of the page, once its script has ended."""
    return subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", f"--user-data-dir={folder}/profile",
         "--virtual-time-budget=60000", *arguments, f"file://{folder}/page.html"],
        check=True, capture_output=True, text=True, timeout=SECONDS_MAX).stdout


def main():
    mermaid, browser, *picture = sys.argv[1:]
    wanted = list(drawings())
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "mermaid.min.js").symlink_to(mermaid)
        data = json.dumps(wanted).replace("</", "<\\/")
        (pathlib.Path(folder) / "page.html").write_text(PAGE.replace("DRAWINGS", data), encoding="utf-8")
        said = [html.unescape(line) for line in re.findall(r"<li>(.*?)</li>", browse(browser, folder, "--dump-dom"), re.S)]
        if picture:
            browse(browser, folder, "--window-size=1500,9000", f"--screenshot={pathlib.Path(picture[0]).resolve()}")
    mistakes = [line for line in said if not line.startswith("drawn ")]
    missing = len(wanted) - len(said)
    print("\n".join(mistakes) if mistakes else f"{len(said)} drawings")
    if missing:
        print(f"{missing} were not tried: the browser ended too early.")
    sys.exit(1 if mistakes or missing or not wanted else 0)


main()
