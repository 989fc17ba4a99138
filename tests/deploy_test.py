#!/usr/bin/env python3
"""Checks every file of deploy/: JSON, YAML and XML are valid and complete, every variable and metric exists in the program, the
manifests match Kubernetes' schemas, and the units are valid and sandboxed. Checks whose tool is missing on this machine (PyYAML; node
and the schemas from tools/fetch-kubernetes-schemas.sh; systemd-analyze) are skipped.

    deploy_test.py CHECKOUT SCRATCH_FOLDER
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

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
        name = re.sub("_(bucket|sum|count)$", "", name)  # series of a histogram
        check(f'"{name}"' in metrics, f"{path.name}: {name} is no metric of the program")
    for name in re.findall(r"path: (/health\S*?)[,}]", text):
        check(name == "/health" or f'"{name}"' in metrics, f"{path.name}: {name} is no route")

version = re.search(r"project\(orpheus VERSION ([\d.]+)", (root / "CMakeLists.txt").read_text()).group(1)
for path in [path for path in sorted(deploy.rglob("*")) if path.is_file()]:
    for tag in set(re.findall(r"\borpheus:(\d[\d.]*\d)", path.read_text())):
        check(tag == version, f"{path.name}: the image orpheus:{tag} is not of version {version}")

dashboard = json.loads((deploy / "grafana.json").read_text())
check(all(panel["targets"] for panel in dashboard["panels"]), "grafana.json: a panel shows nothing")
check(len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"]), "grafana.json: an id is used twice")

shown = json.dumps(dashboard)
for metric in ("orpheus_http_requests_total", "orpheus_refused_total", "process_resident_memory_bytes", "orpheus_time_to_first_byte_seconds"):
    check(metric in shown, f"grafana.json: nothing shows {metric}")

# The default time for requests in progress when the server stops, in seconds.
drain_seconds = int(re.search(r"drain_timeout\{\s*([\d']+)\}", (root / "src/http/options.h").read_text()).group(1).replace("'", "")) / 1000


def check_containers(name, spec, is_ours):
    """Checks that a pod has no unnecessary rights."""
    check(spec.get("automountServiceAccountToken") is False, f"{name}: the pod may call the cluster's API")
    check(spec["securityContext"].get("seccompProfile", {}).get("type") == "RuntimeDefault", f"{name}: no seccomp profile")
    volumes = {volume["name"] for volume in spec.get("volumes", [])}
    for container in spec["containers"]:
        mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
        check(mounts <= volumes, f"{name}: mounts {mounts - volumes}, which is no volume")
        context = container.get("securityContext", {})
        check(context.get("allowPrivilegeEscalation") is False, f"{name}: privileges may be gained")
        check(context.get("capabilities", {}).get("drop") == ["ALL"], f"{name}: capabilities are kept")
        check("memory" in container["resources"]["limits"], f"{name}: memory has no limit")
        for variable in container.get("env", []):
            secret = variable.get("valueFrom", {}).get("secretKeyRef")
            check(not secret or not secret.get("optional"), f"{name}: {variable['name']} comes from a secret that may be absent")
        if is_ours:
            check(context.get("readOnlyRootFilesystem") is True, f"{name}: the root file system can be written to")
            check(spec["securityContext"].get("runAsNonRoot") is True, f"{name}: may run as root")


def check_manifest(name, document):
    kind, spec = document["kind"], document["spec"]
    if kind in ("Deployment", "Job"):
        pod = spec["template"]["spec"]
        is_ours = pod["containers"][0]["image"].startswith("orpheus:")
        check_containers(name, pod, is_ours)
        if kind == "Deployment":
            labels = spec["selector"]["matchLabels"]
            check(labels.items() <= spec["template"]["metadata"]["labels"].items(), f"{name}: the selector finds no pod")
            check(not is_ours or pod.get("terminationGracePeriodSeconds", 30) >= drain_seconds + 5, f"{name}: speeches in progress are cut")
    if kind == "HorizontalPodAutoscaler":
        policies = spec.get("behavior", {}).get("scaleDown", {}).get("policies", [{"type": "Percent"}])
        check(all(policy["type"] == "Pods" and policy["value"] == 1 and policy["periodSeconds"] >= drain_seconds
                  for policy in policies), f"{name}: pods leave faster than they end their speeches")


def check_compose(documents):
    """Checks that override files use the services and folders of compose.yaml."""
    alone = documents["compose.yaml"]
    ours = alone["services"]["orpheus"]
    check(int(ours["stop_grace_period"].rstrip("s")) >= drain_seconds, "compose.yaml: speeches in progress are cut")
    check(ours["read_only"] is True and ours["cap_drop"] == ["ALL"], "compose.yaml: the container may do more than it must")
    check("data:/data" in ours["volumes"] and "data" in alone["volumes"], "compose.yaml: the data folder is no volume")
    told = (deploy / "compose.yaml").read_text()
    for name, document in documents.items():
        check(name == "compose.yaml" or f"-f deploy/{name}" in told, f"compose.yaml does not tell of {name}")
        for service in document["services"].values():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                text = (deploy / name).read_text()
                check(not source.startswith("./") or f"deploy/{source[2:]}" in text, f"{name}: no comment tells of deploy/{source[2:]}")
                check(source.startswith("./") or source in document.get("volumes", {}), f"{name}: {source} is no volume")


try:
    import yaml
except ImportError:
    print("deploy: no PyYAML here; YAML files are not parsed")
else:
    manifests, composes = [], {}
    for path in sorted(deploy.rglob("*.yaml")):
        documents = list(yaml.safe_load_all(path.read_text()))
        for document in documents:
            check(isinstance(document, dict), f"{path.name}: not a mapping")
            if path.parent.name == "kubernetes":
                check({"apiVersion", "kind", "metadata", "spec"} <= document.keys(), f"{path.name}: not a manifest")
                check_manifest(path.name, document)
                if document["kind"] != "ScaledObject":  # a kind of KEDA, not of Kubernetes
                    manifests.append({"file": path.name, "manifest": document})
        if path.name.startswith("compose"):
            composes[path.name] = documents[0]
    check_compose(composes)
    kinds = {manifest["manifest"]["kind"] for manifest in manifests}
    check({"PodDisruptionBudget", "PersistentVolumeClaim", "HorizontalPodAutoscaler"} <= kinds, f"kubernetes: only {kinds}")
    schemas = root / ".deps" / "kubernetes"
    if shutil.which("node") and (schemas / "apimachinery" / ".stamp").exists():
        done = subprocess.run(["node", root / "tests" / "kubernetes_schema_test.mjs", schemas], input=json.dumps(manifests),
                              capture_output=True, text=True)
        check(done.returncode == 0, "kubernetes: " + (done.stdout + done.stderr).strip())
    else:
        print("deploy: no node or no schemas (tools/fetch-kubernetes-schemas.sh); manifests are held against none")

for path in sorted(deploy.glob("Dockerfile*")):
    dockerfile = path.read_text()
    check("tools/package.sh" in dockerfile and "COPY --from=build /opt/orpheus/" in dockerfile, f"{path.name}: is not made of the package")
    check(len(re.findall("^FROM ", dockerfile, re.MULTILINE)) == 2, f"{path.name}: the compiler is part of the image")
    for line in ("VOLUME /data", "XDG_DATA_HOME=/data", "USER orpheus", "HEALTHCHECK"):
        check(line in dockerfile, f"{path.name}: no {line}")
    gpu = path.suffix.lstrip(".")
    if gpu:
        check(f"-DORPHEUS_GPU={gpu}" in dockerfile, f"{path.name}: builds no module for {gpu}")
        compose = (deploy / f"compose.{gpu}.yaml").read_text()
        check(f"dockerfile: deploy/{path.name}" in compose and f"-{gpu}\n" in compose, f"compose.{gpu}.yaml: another image")
readme = (root / "README.md").read_text()
check(re.search(r"docker run .*-v \S+:/data", readme), "README.md: no docker run with the data folder")

announced = xml.etree.ElementTree.parse(deploy / "avahi" / "orpheus.service").getroot()
services = [(service.findtext("type"), service.findtext("port")) for service in announced.iter("service")]
check(services == [("_wyoming._tcp", "10200")], f"avahi/orpheus.service: announces {services}")

most_exposure = 3.0
if shutil.which("systemd-analyze"):
    scratch = pathlib.Path(sys.argv[2])
    for path in sorted(deploy.glob("*.service")):
        # The program may not be installed on this machine.
        unit = path.read_text().replace("/usr/local/bin/orpheus", shutil.which("true"))
        copy = scratch / path.name.replace("orpheus", "orpheus-test").replace("@", "@english")
        copy.write_text(unit)
        if path.name == "orpheus.service":  # together with its drop-in
            folder = scratch / "orpheus-test.service.d"
            folder.mkdir(exist_ok=True)
            shutil.copy(deploy / "orpheus-tls.conf", folder / "tls.conf")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True)
        wrong = [line for line in done.stderr.splitlines() if copy.name in line or "tls.conf" in line]
        check(not wrong, f"{path.name}: " + "; ".join(wrong))
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", copy], capture_output=True, text=True)
        found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
        check(found and float(found.group(1)) <= most_exposure,
              f"{path.name}: exposure {found.group(1) if found else 'unknown: ' + done.stderr} (at most {most_exposure})")
        stop = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
        check("oneshot" in unit or int(stop.group(1)) >= drain_seconds, f"{path.name}: speeches in progress are cut")
else:
    print("deploy: no systemd-analyze here; the units are not verified")

for problem in problems:
    print("deploy:", problem)
sys.exit(1 if problems else 0)
