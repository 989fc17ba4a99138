#!/usr/bin/env python3
"""Measures how much one busy process at nice 10 slows the language model.

  bench/busy_neighbour.py MODEL.gguf [--threads 2] [--tokens 32]

Environment: ORPHEUS is the program (build/release/orpheus). Prints one line of JSON."""
import json
import subprocess
import sys

from programs import orpheus_bench, parser_of


def main():
    options = parser_of(__doc__, "model", threads=2, tokens=32).parse_args()

    def speed():
        said = orpheus_bench("lm", model=options.model, threads=options.threads, tokens=options.tokens, sequences=1)
        return said["generate_tok_s"]["1"]

    alone = speed()
    neighbour = subprocess.Popen(["nice", "-n", "10", sys.executable, "-c", "while True: pass"])
    try:
        beside = speed()
    finally:
        neighbour.kill()
        neighbour.wait()
    print(json.dumps({"alone_tok_s": alone, "beside_a_busy_process_tok_s": beside, "kept": beside / alone}))


main()
