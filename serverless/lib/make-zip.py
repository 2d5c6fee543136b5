"""make-zip.py FOLDER ZIP: zips FOLDER's files by name, with fixed times and modes, so that equal files give equal bytes."""

import os
import sys
import zipfile

folder, target = sys.argv[1:]
paths = sorted(os.path.join(root, name) for root, _, names in os.walk(folder) for name in names)
with zipfile.ZipFile(target + ".new", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for path in paths:
        entry = zipfile.ZipInfo(os.path.relpath(path, folder), (1980, 1, 1, 0, 0, 0))
        entry.create_system = 3  # Unix: the upper half of external_attr is the file's mode.
        entry.external_attr = (0o100755 if os.access(path, os.X_OK) else 0o100644) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        with open(path, "rb") as file:
            archive.writestr(entry, file.read())
os.replace(target + ".new", target)
