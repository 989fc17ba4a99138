#!/usr/bin/env python3
"""Tests that our own sources are compiled with warnings, and with --errors that warnings are errors. Guards against options of a library's
folder, such as -w, that reach our code: its compile commands then still have -Wall, but nothing is reported.

  tests/warnings_test.py BUILD [--errors]"""
import json
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = [ROOT / folder for folder in ("src", "tests", "bench", "fuzz")]

wanted = {"-Wall", "-Werror"} if "--errors" in sys.argv[2:] else {"-Wall"}
num_checked = 0
wrong = []
for entry in json.loads((Path(sys.argv[1]) / "compile_commands.json").read_text()):
    file = Path(entry["directory"], entry["file"]).resolve()
    if file.suffix != ".cpp" or not any(folder in file.parents for folder in OURS):
        continue
    num_checked += 1
    options = shlex.split(entry["command"])
    for missing in wanted - set(options):
        wrong.append(f"{file.relative_to(ROOT)}: compiled without {missing}")
    if "-w" in options:
        wrong.append(f"{file.relative_to(ROOT)}: compiled with -w, which hides every warning")
if num_checked < 100:
    wrong.append(f"compile_commands.json has {num_checked} of our sources, expected at least 100")
print("\n".join(wrong) or f"{num_checked} sources are compiled with warnings")
sys.exit(bool(wrong))
