#!/usr/bin/env python3
"""Runs the steps of a Dockerfile where there is no container engine: each stage in a bare Debian 12 that debootstrap makes,
its RUN lines in order, COPY from the checkout (what git knows, less .dockerignore) and from earlier stages. Then, in the last
stage, as its user, with its environment and nothing else, on a root that is read-only but for its volumes and /tmp, the entry
point with each of the given lines of arguments.

    try_dockerfile.py DOCKERFILE FOLDER [ARGUMENTS...]     as root, in the checkout

A line that ends in " &" stays and is stopped at the end, one that begins with "!" is a command of this machine's instead, and
HEALTHCHECK is the Dockerfile's own.
FOLDER keeps the stages: a stage whose steps have not changed is not run again, whatever became of the sources.

    sudo tests/oracle/try_dockerfile.py deploy/Dockerfile FOLDER --version 'say Hello -o /data/hello.wav' 'serve &' \\
      '!curl -sf --retry 20 --retry-connrefused http://127.0.0.1:5005/health' HEALTHCHECK \\
      '!tests/oracle/hears_small_voice.py http://127.0.0.1:5005'
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys

MIRROR = "http://deb.debian.org/debian"
BASES = {"debian:12", "debian:12-slim", "debian:bookworm", "debian:bookworm-slim"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def instructions(text):
    """(name, rest) of each instruction; continued lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def words(rest):
    return json.loads(rest) if rest.startswith("[") else ["/bin/sh", "-c", rest]


def bare_debian(folder):
    if folder.exists():
        return
    made = folder.with_suffix(".new")
    shutil.rmtree(made, ignore_errors=True)
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", made, MIRROR], check=True, stdout=subprocess.DEVNULL)
    # debian:12 has the security updates too. The certificates are those of this machine, which may stand behind a proxy.
    (made / "etc/apt/sources.list").write_text(f"deb {MIRROR} bookworm main\ndeb {MIRROR} bookworm-updates main\n"
                                               f"deb {MIRROR}-security bookworm-security main\n")
    own = pathlib.Path("/usr/local/share/ca-certificates")
    shutil.copytree(own, made / own.relative_to("/"), dirs_exist_ok=True)
    made.rename(folder)


class Stage:
    def __init__(self, root):
        self.root, self.environment, self.user, self.place = root, {"PATH": PATH}, "root", "/"
        self.entry_point, self.default, self.health = [], [], []
        self.volumes = []

    def command(self, argv, is_read_only=False):
        """Of this machine, that runs argv within the stage; its root read-only but for its volumes and a fresh /tmp."""
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        home = subprocess.run(["chroot", self.root, "getent", "passwd", self.user], capture_output=True, text=True, check=True)
        variables = {"HOME": home.stdout.split(":")[5]} | self.environment
        locked = ['mount --bind "$0" "$0"', 'mount -o remount,bind,ro "$0"']
        locked += [f'mount --bind {shlex.quote(str(self.volume(name)))} "$0{name}"' for name in self.volumes]
        locked += ['mount -t tmpfs tmpfs "$0/tmp"']
        script = " && ".join((locked if is_read_only else []) + [
            'mount -t proc proc "$0/proc"', 'mount --rbind /dev "$0/dev"', 'user="$1" && place="$2" && shift 2',
            'exec chroot --userspec="$user" "$0" /usr/bin/env -i -C "$place" "$@"'])
        assigned = [f"{name}={value}" for name, value in variables.items()]
        return ["unshare", "--mount", "sh", "-c", script, str(self.root), self.user, self.place, *assigned, *argv]

    def volume(self, name):
        """A folder of this machine in its place: at first what the image has there, with its owners."""
        place = self.root.with_suffix(".volumes") / name.strip("/").replace("/", "+")
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            subprocess.run(["cp", "-a", self.root / name.lstrip("/"), place], check=True)
        return place

    def folder(self, name):
        path = self.root / (pathlib.PurePosixPath(self.place) / name).relative_to("/")
        path.mkdir(parents=True, exist_ok=True)
        return path

    def copy(self, rest, stages, ignored):
        *sources, target = rest.split()
        if sources[0].startswith("--from="):
            origin = stages[sources.pop(0).removeprefix("--from=")]
            for source in sources:
                path = origin.root / source.strip("/")
                if path.is_dir():
                    shutil.copytree(path, self.folder(target), symlinks=True, dirs_exist_ok=True)
                else:
                    shutil.copy2(path, self.folder(str(pathlib.PurePosixPath(target).parent)))
            return
        if sources != ["."]:
            sys.exit(f"COPY {rest}: of the checkout only '.' is known here")
        known = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True, check=True)
        for name in filter(None, known.stdout.decode().split("\0")):
            if os.path.lexists(name) and not any(name == each or name.startswith(each + "/") for each in ignored):
                path = pathlib.PurePosixPath(target) / name
                shutil.copy2(name, self.folder(str(path.parent)) / path.name, follow_symlinks=False)

    def take(self, name, rest, stages, ignored):
        match name:
            case "RUN":
                subprocess.run(self.command(words(rest)), check=True)
            case "COPY":
                self.copy(rest, stages, ignored)
            case "WORKDIR":
                self.place = rest
                self.folder(rest)
            case "VOLUME":
                self.folder(rest)
                self.volumes.append(rest)
            case "HEALTHCHECK":
                self.health = words(rest.partition("CMD ")[2])
            case "USER":
                self.user = rest
            case "ENV":
                self.environment |= dict(word.split("=", 1) for word in shlex.split(rest))
            case "ENTRYPOINT":
                self.entry_point = words(rest)
            case "CMD":
                self.default = words(rest)
            case "EXPOSE" | "STOPSIGNAL" | "LABEL":
                pass
            case _:
                sys.exit(f"{name} is not known here")


def stages_of(dockerfile):
    """[(name of the stage, [(instruction, rest), …]), …]"""
    stages = []
    for name, rest in instructions(pathlib.Path(dockerfile).read_text()):
        if name != "FROM":
            stages[-1][1].append((name, rest))
            continue
        base, _, alias = (rest.split() + ["AS", f"stage-{len(stages)}"])[:3]
        if base not in BASES:
            sys.exit(f"FROM {base}: expected one of {', '.join(sorted(BASES))}")
        stages.append((alias, []))
    return stages


def build(dockerfile, folder):
    """The last stage, when all of them are made."""
    ignore = pathlib.Path(".dockerignore")
    ignored = [line for line in ignore.read_text().split() if not line.startswith("#")] if ignore.exists() else []
    bare_debian(folder / "bare")
    stages = {}
    for alias, steps in stages_of(dockerfile):
        stage = stages[alias] = Stage(folder / alias)
        record = folder / f"{alias}.steps"
        kept = record.exists() and record.read_text() == json.dumps(steps)
        if not kept:
            record.unlink(missing_ok=True)
            shutil.rmtree(stage.root, ignore_errors=True)
            subprocess.run(["cp", "-a", folder / "bare", stage.root], check=True)
        for name, rest in steps:
            if name in ("RUN", "COPY") and kept:
                continue
            print(f"try_dockerfile: {alias}: {name} {rest}", flush=True)
            stage.take(name, rest, stages, ignored)
        record.write_text(json.dumps(steps))
    return stage


def main():
    if len(sys.argv) < 3 or os.geteuid() != 0:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    stage = build(sys.argv[1], folder)
    staying, failed = [], 0
    for line in sys.argv[3:] or [shlex.join(stage.default)]:
        print(f"try_dockerfile: {line}", flush=True)
        if line.startswith("!"):
            failed += subprocess.run(line[1:], shell=True).returncode != 0
            continue
        if line == "HEALTHCHECK":
            failed += subprocess.run(stage.command(stage.health, is_read_only=True)).returncode != 0
            continue
        command = stage.command(stage.entry_point + shlex.split(line.removesuffix("&")), is_read_only=True)
        if line.endswith("&"):
            staying.append(subprocess.Popen(command))
        else:
            failed += subprocess.run(command).returncode != 0
    for process in staying:
        process.send_signal(signal.SIGTERM)
        failed += process.wait() != 0
    print(f"try_dockerfile: {'all steps work' if not failed else f'{failed} failed'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
