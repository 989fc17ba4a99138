#!/usr/bin/env python3
"""The language model beside llama-bench, on the same file, in turns on the same machine.

  bench/beside_llama_bench.py MODEL.gguf [--threads 2] [--rounds 3]

Environment: ORPHEUS is the program (build/release/orpheus); LLAMA_BENCH the command for llama-bench, which may be
several words; LLAMA_MODEL the model's path as that command sees it, where that is another.
Prints one line of JSON: both programs' tokens a second in the round whose ratio stands in the middle, for the prompt
and for generating, the ratios of all rounds, and what `orpheus bench lm` said of the memory."""
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
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    orpheus = os.environ.get("ORPHEUS", "build/release/orpheus")
    llama = shlex.split(os.environ.get("LLAMA_BENCH", "llama-bench"))
    llama_model = os.environ.get("LLAMA_MODEL", options.model)

    rounds = []
    for _ in range(options.rounds):
        theirs = json.loads(run(llama + ["-m", llama_model, "-t", str(options.threads), "-p", str(options.prompt),
                                         "-n", str(options.tokens), "-r", "2", "-o", "json"]))
        ours = json.loads(run([orpheus, "bench", "lm", "--model", options.model, "--threads", str(options.threads),
                               "--prompt", str(options.prompt), "--tokens", str(options.tokens), "--sequences", "1",
                               "--json"]))
        rounds.append({
            "orpheus": {"prompt": ours["prompt_tok_s"], "generate": ours["generate_tok_s"]["1"]},
            "llama.cpp": {"prompt" if row["n_prompt"] > 0 else "generate": row["avg_ts"] for row in theirs},
            **{key: ours[key] for key in ("bytes_per_token", "read_gb_s", "memory_gb_s", "load_s", "resident_bytes")}})
    answer = {}
    for kind in ("prompt", "generate"):
        def ratio(one, kind=kind):
            return one["orpheus"][kind] / one["llama.cpp"][kind]
        rounds.sort(key=ratio)
        middle = rounds[(len(rounds) - 1) // 2]  # both figures of one and the same round
        answer[kind] = {"orpheus": middle["orpheus"][kind], "llama.cpp": middle["llama.cpp"][kind], "ratio": ratio(middle),
                        "ratios": [ratio(one) for one in rounds]}
    memory = {key: value for key, value in middle.items() if key not in ("orpheus", "llama.cpp")}
    print(json.dumps({**answer, **memory}))


main()
