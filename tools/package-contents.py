#!/usr/bin/env python3
"""Gathers what a package holds besides the program: libraries, licences, and an SBOM in SPDX 2.3. Needs Debian's dpkg, which knows
the package, version and licence of each library.

    package-contents.py about DOCUMENTS BUILD         the parts compiled in the folder BUILD: DOCUMENTS/licences, DOCUMENTS/sbom.spdx.json
    package-contents.py archive FOLDER SLIM           FOLDER: what "cmake --install" filled. Copies the libraries that it needs to
                                                      FOLDER/lib/orpheus, those in SLIM (tools/build-slim-libraries.sh) first.

SOURCE_DATE_EPOCH is the time in the SBOM.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

root = pathlib.Path(__file__).resolve().parents[1]
version = re.search(r"project\(orpheus VERSION ([\d.]+)", (root / "CMakeLists.txt").read_text()).group(1)

# Libraries of the system: glibc and what belongs to it; the compiler's, because a driver of a GPU may need a newer one than ours.
SYSTEM = re.compile(r"(linux-vdso|ld-linux.*|libc|libm|libpthread|libdl|librt|libresolv|libutil|libmvec|libstdc\+\+|libgcc_s|libatomic)\.so.*")
# Header-only libraries and data that are compiled into the program.
COMPILED_IN = ["libboost-dev", "nlohmann-json3-dev", "libcli11-dev", "libtomlplusplus-dev", "libexpected-dev", "unicode-cldr-core"]
# SPDX's names of licences, by the beginning of Debian's package names. Debian's copyright file of each package tells the rest.
LICENCES = {"libboost": "BSL-1.0", "nlohmann-json": "MIT", "libcli11": "BSD-3-Clause", "libtomlplusplus": "MIT", "libexpected": "CC0-1.0",
            "unicode-cldr": "Unicode-DFS-2016", "libicu": "ICU", "libssl": "Apache-2.0", "libxml2": "MIT", "zlib1g": "Zlib",
            "liblzma": "0BSD", "libspdlog": "MIT", "libfmt": "MIT", "libcmark-gfm": "BSD-2-Clause", "libmp3lame": "LGPL-2.0-or-later",
            "libopus": "BSD-3-Clause"}


def fail(what):
    sys.exit(f"package-contents: {what}")


def output(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout


def package_of(file):
    """The Debian package that holds the file. With a merged /usr, dpkg knows the file by either name."""
    path = str(pathlib.Path(file).resolve())
    for name in (path, path.removeprefix("/usr"), "/usr" + path):
        found = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(":")[0]
    fail(f"no package of Debian holds {path}, so its licence is not known")


class Contents:
    """The parts of a package, and their licences."""

    def __init__(self, documents):
        self.licences = documents / "licences"
        shutil.rmtree(self.licences, ignore_errors=True)
        self.licences.mkdir(parents=True)
        self.sbom = documents / "sbom.spdx.json"
        self.parts = []  # (name, version, licence, purl, relationship to the program)

    def add(self, name, its_version, licence, purl, relationship, *texts):
        for text in texts:
            target = self.licences / (name if text is texts[0] else text.name)
            shutil.copyfile(text, target)
            target.chmod(0o644)
        if all(part[0] != name for part in self.parts):
            self.parts.append((name, its_version, licence, purl, relationship))

    def add_debian(self, package, relationship):
        if package == "libboost-dev":  # a name for the current version
            depends = output("dpkg-query", "-W", "-f", "${Depends}", package)
            package = re.search(r"libboost[\d.]+-dev", depends).group(0)
        text = pathlib.Path("/usr/share/doc") / package / "copyright"
        if not text.exists():
            fail(f"{text} is missing: is the package {package} installed, and are its documents?")
        its_version = output("dpkg-query", "-W", "-f", "${Version} ", package).split()[0]
        licence = next((name for begin, name in LICENCES.items() if package.startswith(begin)), "NOASSERTION")
        self.add(package, its_version, licence, f"pkg:deb/debian/{package}@{its_version}", relationship, text)

    def add_compiled_in(self, libraries):
        for package in COMPILED_IN:
            self.add_debian(package, "STATIC_LINK")
        ggml = root / ".deps/ggml"
        if not (ggml / "LICENSE").exists():
            fail("the licence of ggml is not in .deps/ggml: a package is built with ggml's sources, not with an installed ggml")
        listed = (ggml / "CMakeLists.txt").read_text()
        numbers = [re.search(rf"set\(GGML_VERSION_{part}\s+(\d+)", listed).group(1) for part in ("MAJOR", "MINOR", "PATCH")]
        self.add("ggml", ".".join(numbers), "MIT", f"pkg:github/ggml-org/ggml@{'.'.join(numbers)}",
                 "DYNAMIC_LINK" if any(libraries.glob("libggml*.so*")) else "STATIC_LINK", ggml / "LICENSE")
        voice = root / "voices/small"
        if (voice / "NOTICES").exists():
            self.add("small-voice", version, "NOASSERTION", None, "CONTAINS", voice / "NOTICES")

    def write_sbom(self, folder=None):
        def element(name):
            return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)

        packages = [{"SPDXID": "SPDXRef-orpheus", "name": "orpheus", "versionInfo": version, "licenseDeclared": "MIT",
                     "supplier": "Organization: The orpheus.cpp authors"}]
        relationships = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-orpheus")]
        for name, its_version, licence, purl, relationship in sorted(self.parts):
            packages.append({"SPDXID": element(name), "name": name, "versionInfo": its_version, "licenseDeclared": licence})
            if purl:
                packages[-1]["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                                 "referenceLocator": purl.replace("+", "%2B").replace("~", "%7E")}]
            relationships.append(("SPDXRef-orpheus", relationship, element(name)))
        for package in packages:
            package |= {"downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": "NOASSERTION",
                        "copyrightText": "NOASSERTION"}
        files = []
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) if folder else []:
            name = "./" + str(path.relative_to(folder))
            if path == self.sbom:
                continue
            data = path.read_bytes()
            files.append({"SPDXID": element("File-" + hashlib.sha256(name.encode()).hexdigest()[:16]), "fileName": name,
                          "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
                                        {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}],
                          "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION"})
            relationships.append(("SPDXRef-orpheus", "CONTAINS", files[-1]["SPDXID"]))
        document = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"orpheus-{version}",
                    "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))),
                                     "creators": ["Tool: tools/package-contents.py"]},
                    "packages": packages,
                    "relationships": [{"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
                                      for one, kind, other in relationships]}
        if files:
            document["files"] = files
        digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
        document["documentNamespace"] = f"https://spdx.org/spdxdocs/orpheus-{version}-{digest[:32]}"
        self.sbom.write_text(json.dumps(document, indent=1) + "\n")


def needed_libraries(files, slim):
    """{name that the linker looks for: file} of all that the files need, less the system's."""
    found = {}
    for file in files:
        listed = output("ldd", file, env=os.environ | {"LD_LIBRARY_PATH": f"{slim / 'lib'}:{os.environ.get('LD_LIBRARY_PATH', '')}"})
        for name, path in re.findall(r"^\s*(\S+) => (\S.*?)(?: \(0x[0-9a-f]+\))?$", listed, re.MULTILINE):
            if SYSTEM.fullmatch(name):
                continue
            if path == "not found":
                fail(f"{file} needs {name}, which this machine does not have")
            found[name] = pathlib.Path(path)
    return found


def fill_archive(folder, slim):
    own = folder / "lib/orpheus"
    own.mkdir(parents=True, exist_ok=True)
    contents = Contents(folder / "share/doc/orpheus")
    contents.add_compiled_in(own)
    programs = [folder / "bin/orpheus", *folder.glob("lib/*.so"), *own.glob("*.so*")]
    libraries = needed_libraries([path for path in programs if not path.is_symlink()], slim)
    built = {}
    for line in (slim / "versions").read_text().splitlines():
        source, its_version, licence, names = line.split()
        for name in names.split(","):
            built[name] = (source, its_version, licence)
    for name, path in sorted(libraries.items()):
        if path.resolve().is_relative_to(folder):
            continue
        target = own / name
        shutil.copyfile(path.resolve(), target)
        target.chmod(0o644)
        if path.is_relative_to(slim):
            source, its_version, licence = built[name.partition(".so")[0]]
            texts = sorted((slim / "licences").glob(source + "*"))
            contents.add(source, its_version, licence, f"pkg:deb/debian/{source}@{its_version}?arch=source", "DYNAMIC_LINK", *texts)
        else:
            contents.add_debian(package_of(path), "DYNAMIC_LINK")
    contents.write_sbom(folder)


def main():
    match sys.argv[1:]:
        case ["about", documents, build]:
            contents = Contents(pathlib.Path(documents))
            contents.add_compiled_in(pathlib.Path(build) / "ggml-modules")
            contents.write_sbom()
        case ["archive", folder, slim]:
            fill_archive(pathlib.Path(folder).resolve(), pathlib.Path(slim).resolve())
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
