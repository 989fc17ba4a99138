#!/usr/bin/env python3
"""Checks that a process's memory does not grow while it speaks one text after the other.

  bench/no_growth.py MODEL.gguf CODEC.gguf [--speeches 60] [--tokens 210]

Two requests at a time follow each other. The script reads the process's anonymous memory (without pages of mapped files) every half
second. The cache and the graphs are allocated in the first fifth of the time, so the script compares the maximum of the second fifth
with the maximum of the last.
Environment: ORPHEUS is the program (build/release/orpheus). Prints one line of JSON."""
import json
import subprocess
import time

from programs import orpheus, parser_of


def own_kib(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("RssAnon")), 0)
    except OSError:
        return 0


def main():
    options = parser_of(__doc__, "model", "codec", speeches=60, tokens=210).parse_args()
    process = subprocess.Popen(
        orpheus("bench", "speech", "--json", model=options.model, codec=options.codec, speech_tokens=options.tokens,
                listeners=",".join(["2"] * options.speeches)), stdout=subprocess.DEVNULL)
    readings = []
    while process.poll() is None:
        if kib := own_kib(process.pid):
            readings.append(kib)
        time.sleep(0.5)
    if process.returncode != 0:
        raise SystemExit("orpheus failed")
    fifth = max(1, len(readings) // 5)
    early, late = max(readings[fifth:2 * fifth] or readings), max(readings[-fifth:])
    print(json.dumps({"steps": options.speeches * options.tokens, "own_kib_early": early, "own_kib_late": late,
                      "growth_kib": late - early}))


main()
