#!/usr/bin/env python3
"""Compares the language model with llama-bench, alternately on the same machine, with the same file.

  bench/beside_llama_bench.py MODEL.gguf [--threads 2] [--rounds 3]

Environment: ORPHEUS is the program (build/release/orpheus); LLAMA_BENCH is the command for llama-bench (may be several
words); LLAMA_MODEL is the model's path for that command, if it is different.
Prints one line of JSON: both programs' tokens per second in the round with the median ratio, for the prompt and for
generation; the ratios of all rounds; and the memory values of `orpheus bench lm`."""
import json
import os

from programs import command_of, middle, orpheus_bench, output_of, parser_of


def beside(ours, theirs):
    return {"orpheus": ours, "llama.cpp": theirs, "ratio": ours / theirs}


def main():
    options = parser_of(__doc__, "model", threads=2, prompt=64, tokens=32, rounds=3).parse_args()
    llama = command_of("LLAMA_BENCH", "llama-bench") + [
        "-m", os.environ.get("LLAMA_MODEL", options.model), "-t", str(options.threads), "-p", str(options.prompt),
        "-n", str(options.tokens), "-r", "2", "-o", "json"]
    prompt, generate = [], []
    for _ in range(options.rounds):
        theirs = {"prompt" if row["n_prompt"] > 0 else "generate": row["avg_ts"] for row in json.loads(output_of(llama))}
        ours = orpheus_bench("lm", model=options.model, threads=options.threads, prompt=options.prompt,
                             tokens=options.tokens, sequences=1)
        memory = {key: ours[key] for key in ("bytes_per_token", "read_gb_s", "memory_gb_s", "load_s", "resident_bytes")}
        prompt.append(beside(ours["prompt_tok_s"], theirs["prompt"]))
        generate.append({**beside(ours["generate_tok_s"]["1"], theirs["generate"]), "memory": memory})
    answer = {"prompt": middle(prompt), "generate": middle(generate)}
    print(json.dumps({**answer, **answer["generate"].pop("memory")}))


main()
