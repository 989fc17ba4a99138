"""Functions that the scripts in this folder share: options, running the programs, choosing the round to report.

ORPHEUS in the environment is the program (build/release/orpheus)."""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading

ORPHEUS = os.environ.get("ORPHEUS", "build/release/orpheus")


def parser_of(documentation, *files, **numbers):
    """Returns a parser for the files, and for --NAME of each whole number with its default."""
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    for file in files:
        parser.add_argument(file)
    for name, default in numbers.items():
        parser.add_argument("--" + name, type=int, default=default)
    return parser


def command_of(variable, otherwise):
    """The words of a command that an environment variable can set."""
    return shlex.split(os.environ.get(variable, otherwise))


def output_of(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def orpheus(*words, **values):
    """The command of our program, with --NAME=VALUE for each of the values."""
    return [ORPHEUS, *words, *(f"--{name.replace('_', '-')}={value}" for name, value in values.items())]


def orpheus_bench(what, **values):
    """The result of `orpheus bench WHAT --json`."""
    return json.loads(output_of(orpheus("bench", what, "--json", **values)))


class Server:
    """`orpheus serve` at a free port, with its own data folder."""

    def __init__(self, *words, environment=None, **values):
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(orpheus("serve", *words, port=0, **values), stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, "XDG_DATA_HOME": self.folder.name, **(environment or {})})
        said = ""
        for line in self.process.stderr:
            said += line
            if found := re.search(r"serving .* at http://([^:]+):(\d+)", line):
                self.host, self.port = found.group(1), int(found.group(2))
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return
        sys.exit(f"the server did not start: {said}")

    def num_threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def middle(rounds):
    """Returns the round with the median ratio, so that its values belong together, and the ratios of all rounds."""
    ordered = sorted(rounds, key=lambda one: one["ratio"])
    return {**ordered[(len(ordered) - 1) // 2], "ratios": [one["ratio"] for one in ordered]}
