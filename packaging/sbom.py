#!/usr/bin/python3
"""sbom.py PROGRAM VERSION: a CycloneDX 1.5 list of the libraries it links.

Names the shared libraries that the program asks for and all that those ask
for, by the Debian package and version that are installed here. Reproducible:
the time is $SOURCE_DATE_EPOCH, when there is one.
"""
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def libraries(program):
    """Real paths of everything the loader would map."""
    found = re.findall(r"=> (/\S+) \(", run("ldd", program))
    return sorted({str(pathlib.Path(path).resolve()) for path in found})


def needed(path):
    return re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "-d", path))


def package_of(path):
    """dpkg knows a library by the path it was packed with, / or /usr."""
    for name in (path, re.sub("^/usr", "", path)):
        done = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.split(": ")[0]
    sys.exit(f"no package owns {path}")


def licence_names(package):
    path = pathlib.Path("/usr/share/doc") / package.split(":")[0] / "copyright"
    if not path.exists():
        return []
    text = path.read_text(errors="replace")
    return sorted(set(re.findall(r"^License: *([A-Za-z0-9][\w.+-]*)", text, re.M)))


def component(package, files):
    fields = "${Package}\t${Version}\t${Architecture}\t${Homepage}"
    name, version, arch, homepage = run("dpkg-query", "-W", "-f", fields, package).split("\t")
    purl = f"pkg:deb/debian/{name}@{version}?arch={arch}"
    return {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
        "licenses": [{"license": {"name": n}} for n in licence_names(package)],
        "externalReferences": [{"type": "website", "url": homepage}] if homepage else [],
        "properties": [{"name": "file", "value": f} for f in files],
    }


def timestamp():
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = (datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc) if epoch
              else datetime.datetime.now(datetime.timezone.utc))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def main():
    program, version = sys.argv[1:]
    packages = {}
    direct = set()
    wanted = set(needed(program))
    for path in libraries(program):
        package = package_of(path)
        packages.setdefault(package, []).append(path)
        soname = re.search(r"\(SONAME\).*\[(.+)\]", run("readelf", "-d", path))
        if soname and soname[1] in wanted:
            direct.add(package)
    components = {p: component(p, files) for p, files in sorted(packages.items())}
    own = f"pkg:generic/llm-gateway@{version}"
    data = pathlib.Path(program).read_bytes()
    print(json.dumps({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {
            "timestamp": timestamp(),
            "component": {
                "type": "application", "bom-ref": own, "name": "llm-gateway",
                "version": version, "purl": own, "licenses": [{"license": {"id": "MIT"}}],
                "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}],
            },
        },
        "components": list(components.values()),
        "dependencies": [{"ref": own, "dependsOn": sorted(components[p]["bom-ref"]
                                                          for p in direct)}],
    }, indent=2))


if __name__ == "__main__":
    main()
