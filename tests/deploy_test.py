#!/usr/bin/env python3
"""Reads every file of deploy/: that JSON and YAML are such and say what they must, that every variable and metric that they
name is the program's, that the unit is valid. What has no tool on this machine (PyYAML, systemd-analyze) is left out.

    deploy_test.py CHECKOUT SCRATCH_FOLDER
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
deploy = root / "deploy"
problems = []


def check(holds, what):
    if not holds:
        problems.append(what)


def sources(folder):
    files = (root / "src" / folder).rglob("*")
    return "\n".join(path.read_text() for path in files if path.suffix in (".cpp", ".h"))


config, metrics = sources("config"), sources("http") + sources("lm") + sources("snac")
for path in sorted(deploy.rglob("*")):
    if path.is_dir() or path.suffix == ".md":
        continue
    text = path.read_text()
    for name in set(re.findall(r"\bORPHEUS_[A-Z_]+", text)):
        setting = name.removeprefix("ORPHEUS_").lower()
        check(f'"{name}' in config or f'.name = "{setting}"' in config, f"{path.name}: {name} is no variable of the program")
    for name in set(re.findall(r"\borpheus_[a-z_]+", text)):
        name = re.sub("_(bucket|sum|count)$", "", name)  # of a histogram
        check(f'"{name}"' in metrics, f"{path.name}: {name} is no metric of the program")
    for name in re.findall(r"path: (/health\S*?)[,}]", text):
        check(name == "/health" or f'"{name}"' in metrics, f"{path.name}: {name} is no route")

dashboard = json.loads((deploy / "grafana.json").read_text())
check(all(panel["targets"] for panel in dashboard["panels"]), "grafana.json: a panel shows nothing")
check(len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"]), "grafana.json: an id is used twice")

try:
    import yaml
except ImportError:
    print("deploy: no PyYAML here; YAML files are not parsed")
else:
    for path in sorted(deploy.rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            check(isinstance(document, dict), f"{path.name}: not a mapping")
            if path.parent.name != "kubernetes":
                continue
            check({"apiVersion", "kind", "metadata", "spec"} <= document.keys(), f"{path.name}: not a manifest")
            if document["kind"] != "Deployment":
                continue
            template = document["spec"]["template"]
            labels = document["spec"]["selector"]["matchLabels"]
            check(labels.items() <= template["metadata"]["labels"].items(), f"{path.name}: the selector finds no pod")
            volumes = {volume["name"] for volume in template["spec"].get("volumes", [])}
            for container in template["spec"]["containers"]:
                mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
                check(mounts <= volumes, f"{path.name}: mounts {mounts - volumes}, which is no volume")

if shutil.which("systemd-analyze"):
    # The program need not be installed where this runs.
    unit = (deploy / "orpheus.service").read_text().replace("/usr/local/bin/orpheus", shutil.which("true"))
    copy = pathlib.Path(sys.argv[2]) / "orpheus-test.service"
    copy.write_text(unit)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True)
    wrong = [line for line in done.stderr.splitlines() if "orpheus-test.service" in line]
    check(not wrong, "orpheus.service: " + "; ".join(wrong))
else:
    print("deploy: no systemd-analyze here; the unit is not verified")

for problem in problems:
    print("deploy:", problem)
sys.exit(1 if problems else 0)
