"""What the scripts in this folder share: their options, the programs that they run, the round that they report.

ORPHEUS in the environment is the program (build/release/orpheus)."""
import argparse
import json
import os
import shlex
import subprocess
import sys

ORPHEUS = os.environ.get("ORPHEUS", "build/release/orpheus")


def parser_of(documentation, *files, **numbers):
    """A parser of the files and of --NAME for each whole number, whose default is given."""
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    for file in files:
        parser.add_argument(file)
    for name, default in numbers.items():
        parser.add_argument("--" + name, type=int, default=default)
    return parser


def command_of(variable, otherwise):
    """The words of a command that the environment may name."""
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
    """What `orpheus bench WHAT --json` says."""
    return json.loads(output_of(orpheus("bench", what, "--json", **values)))


def middle(rounds):
    """The round whose ratio stands in the middle, with the ratios of all: its figures belong together."""
    ordered = sorted(rounds, key=lambda one: one["ratio"])
    return {**ordered[(len(ordered) - 1) // 2], "ratios": [one["ratio"] for one in ordered]}
