#!/usr/bin/env python3
"""What one busy process at nice 10 costs the language model.

  bench/busy_neighbour.py MODEL.gguf [--threads 2] [--tokens 32]

Environment: ORPHEUS is the program (build/release/orpheus). Prints one line of JSON."""
import argparse
import json
import os
import subprocess
import sys


def speed(options):
    orpheus = os.environ.get("ORPHEUS", "build/release/orpheus")
    done = subprocess.run([orpheus, "bench", "lm", "--model", options.model, "--threads", str(options.threads),
                           "--tokens", str(options.tokens), "--sequences", "1", "--json"],
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["generate_tok_s"]["1"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=32)
    options = parser.parse_args()
    alone = speed(options)
    neighbour = subprocess.Popen(["nice", "-n", "10", sys.executable, "-c", "while True: pass"])
    try:
        beside = speed(options)
    finally:
        neighbour.kill()
        neighbour.wait()
    print(json.dumps({"alone_tok_s": alone, "beside_a_busy_process_tok_s": beside, "kept": beside / alone}))


main()
