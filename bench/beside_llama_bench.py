#!/usr/bin/env python3
"""The language model beside llama-bench, on the same file, in turns on the same machine.

  bench/beside_llama_bench.py MODEL.gguf [--threads 2] [--rounds 2]

Environment: ORPHEUS is the program (build/release/orpheus); LLAMA_BENCH the command for llama-bench, which may be
several words; LLAMA_MODEL the model's path as that command sees it, where that is another.
Prints one line of JSON: both programs' tokens a second and the ratios."""
import argparse
import json
import os
import shlex
import subprocess
import sys


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    orpheus = os.environ.get("ORPHEUS", "build/release/orpheus")
    llama = shlex.split(os.environ.get("LLAMA_BENCH", "llama-bench"))
    llama_model = os.environ.get("LLAMA_MODEL", options.model)

    best = {"orpheus": {"prompt": 0.0, "generate": 0.0}, "llama.cpp": {"prompt": 0.0, "generate": 0.0}}
    ours = {}
    for _ in range(options.rounds):
        theirs = json.loads(run(llama + ["-m", llama_model, "-t", str(options.threads), "-p", str(options.prompt),
                                         "-n", str(options.tokens), "-r", "2", "-o", "json"]))
        for row in theirs:
            kind = "prompt" if row["n_prompt"] > 0 else "generate"
            best["llama.cpp"][kind] = max(best["llama.cpp"][kind], row["avg_ts"])
        ours = json.loads(run([orpheus, "bench", "lm", "--model", options.model, "--threads", str(options.threads),
                               "--prompt", str(options.prompt), "--tokens", str(options.tokens), "--sequences", "1",
                               "--json"]))
        best["orpheus"]["prompt"] = max(best["orpheus"]["prompt"], ours["prompt_tok_s"])
        best["orpheus"]["generate"] = max(best["orpheus"]["generate"], ours["generate_tok_s"]["1"])
    ratio = {kind: best["orpheus"][kind] / best["llama.cpp"][kind] for kind in ("prompt", "generate")}
    memory = {key: ours[key] for key in ("bytes_per_token", "read_gb_s", "memory_gb_s", "load_s", "resident_bytes")}
    print(json.dumps({**best, "ratio": ratio, **memory}))


main()
