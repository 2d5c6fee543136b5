"""Prints what the executables of its arguments are made of, as SPDX 2.3 in JSON.

Usage: sbom.py VERSION SWIFT-VERSION EXECUTABLE...

The libraries are those that the dynamic linker finds for the executables, and theirs; their packages, versions and licences are
Debian's. Two runs on one machine differ in the time of creation alone.
"""

import datetime
import hashlib
import json
import os
import re
import subprocess
import sys

# Debian's names of licences that SPDX's list has under another one; what is in neither is told by a reference to Debian's file.
SPDX_NAMES = {
    "Expat": "MIT", "MIT": "MIT", "curl": "curl", "Apache-2.0": "Apache-2.0", "Zlib": "Zlib", "zlib": "Zlib",
    "BSD-3-Clause": "BSD-3-Clause", "BSD-3-clause": "BSD-3-Clause", "BSD3": "BSD-3-Clause", "BSD-4-clause": "BSD-4-Clause",
    "OpenLDAP-2.8": "OLDAP-2.8", "OLDAP-2.8": "OLDAP-2.8", "ISC": "ISC",
    "GPL-2": "GPL-2.0-only", "GPL-2+": "GPL-2.0-or-later", "GPL-3+": "GPL-3.0-or-later",
    "LGPL-2+": "LGPL-2.0-or-later", "LGPL-2.1": "LGPL-2.1-only", "LGPL-2.1+": "LGPL-2.1-or-later",
    "LGPL-3+": "LGPL-3.0-or-later",
}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


def libraries(executable):
    """The files that the dynamic linker loads for it."""
    return {match.group(1) for match in re.finditer(r"(?:=> |^\s*)(/\S+) \(0x", output("ldd", executable), re.M)}


def debian_package(path):
    """Who installed a file; None where nobody did."""
    # On systems where /lib is a link to /usr/lib, dpkg knows files by either name.
    real = os.path.realpath(path)
    for name in dict.fromkeys((real, real.removeprefix("/usr"), path)):
        found = subprocess.run(["dpkg-query", "--search", name], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(": ")[0].split(",")[0]
    return None


def licence(name):
    """The expression of a package's licence, and what its references mean."""
    path = f"/usr/share/doc/{name.split(':')[0]}/copyright"
    reference = "LicenseRef-debian-" + re.sub(r"[^A-Za-z0-9.-]", "-", name.split(":")[0])
    text = open(path, encoding="utf-8", errors="replace").read() if os.path.exists(path) else ""
    names = list(dict.fromkeys(re.findall(r"^License: *(\S.*)$", text, re.M)))
    # A library that is a part of a larger source has a paragraph of its own, by its name.
    part = re.escape(re.sub(r"[0-9.-]*$", "", name.split(":")[0]))
    main = re.search(rf"^Files: *{part}/\* *\n(?:.+\n)*?License: *(\S.*)$", text, re.M) or re.search(r"^Files: *\* *\n(?:.+\n)*?License: *(\S.*)$", text, re.M)
    alternatives = re.split(r",? or ", main.group(1).strip()) if main else []
    if alternatives and all(each in SPDX_NAMES for each in alternatives):
        return " OR ".join(SPDX_NAMES[each] for each in alternatives), None, names
    return reference, {
        "licenseId": reference,
        "name": f"Licences of Debian's package {name.split(':')[0]}",
        "extractedText": f"As {path} tells." + (f" It names: {', '.join(names)}." if names else ""),
    }, names


def package(identifier, name, version, declared, **more):
    return {
        "SPDXID": identifier, "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION", "licenseDeclared": declared, "copyrightText": "NOASSERTION", **more,
    }


def library_package(name, distribution):
    """A package of the distribution, and what its licence's reference means."""
    version, architecture, source = output(
        "dpkg-query", "--show", "--showformat", "${Version}\t${Architecture}\t${source:Package}", name).split("\t")
    plain = name.split(":")[0]
    declared, extracted, names = licence(name)
    purl_version = version.replace("%", "%25").replace("+", "%2B").replace(":", "%3A")
    return package(
        "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", plain), plain, version, declared,
        licenseComments=f"Debian's copyright file names: {', '.join(names) or 'no licence in a form that programs read'}.",
        sourceInfo=f"Built from the source package {source}.",
        externalRefs=[{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": f"pkg:deb/{distribution}/{plain}@{purl_version}?arch={architecture}",
        }],
    ), extracted


def main(version, swift_version, *executables):
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)', open("/etc/os-release").read(), re.M))
    files = set().union(*(libraries(executable) for executable in executables))
    names, unknown = set(), []
    for path in sorted(files):
        name = debian_package(path)
        if name:
            names.add(name)
        elif "/swift/" not in os.path.realpath(path):
            unknown.append(path)
    if unknown:
        sys.exit(f"No package has installed {', '.join(unknown)}.")
    product = package(
        "SPDXRef-Package-orchestrator", "orchestrator", version, "MIT", primaryPackagePurpose="APPLICATION",
        summary="Executables: " + ", ".join(sorted(os.path.basename(path) for path in executables)) + ".")
    swift = package(
        "SPDXRef-Package-swift-runtime", "swift-runtime", swift_version, "Apache-2.0 WITH Swift-exception",
        externalRefs=[{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": f"pkg:github/swiftlang/swift@swift-{swift_version}-RELEASE",
        }])
    found = [library_package(name, release["ID"]) for name in sorted(names)]
    packages = [product, swift] + [each for each, _ in found]
    contents = json.dumps(packages, sort_keys=True).encode()
    json.dump({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"orchestrator-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/orchestrator-{version}-{hashlib.sha256(contents).hexdigest()}",
        "creationInfo": {
            "created": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: scripts/sbom"],
        },
        "packages": packages,
        "hasExtractedLicensingInfos": [extracted for _, extracted in found if extracted],
        "relationships": [{
            "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": product["SPDXID"],
        }] + [{
            "spdxElementId": product["SPDXID"], "relationshipType": "DEPENDS_ON", "relatedSpdxElement": each["SPDXID"],
        } for each in packages[1:]],
    }, sys.stdout, indent=2)
    print()


main(*sys.argv[1:])
