#!/usr/bin/env python3
"""Holds `orpheus generate --greedy` against a llama-server that runs the same GGUF.

    llama-server -m lm.gguf --host 127.0.0.1 --port 8090 --flash-attn on --no-repack
    compare_with_llama_server.py http://127.0.0.1:8090 build/release/orpheus lm.gguf tests/data/lm-small/greedy.json

PROMPTS is JSON: a list of prompts, each a list of ids or an object with one under "prompt".

Both continue each prompt greedily over the whole vocabulary. As long as their tokens agree, both computed in the same
context, so the log-probabilities of a step's likeliest ids may differ by rounding alone (and by a shift that all ids of
the step share: llama-server adds the softmax's denominator up in float32). --rounding bounds that. A token may differ
only where llama.cpp's own margin between its two likeliest ids is below twice that; behind a difference the contexts
differ, so the rest of that prompt says nothing.

With the server's switches as above and one ggml library under both programs there is no rounding to speak of (below
1e-6 with ggml 0.27, F16 and quantised). Other kernels (repacked weights, no flash attention, another processor's, another
compiler's) add in another order. Quantised weights are multiplied with activations rounded to 8 bits, where a last bit
may tip a value over to the next step: llama.cpp differs from itself by up to 0.12 then, we from it by up to 0.13 (--rounding 0.15).

The server is kept from ending a text, so a model whose likeliest token is one that ends it cannot be compared.

Exit status: 0 equal up to rounding, 1 a real difference, 2 the comparison could not be made.
"""
import argparse
import json
import math
import subprocess
import sys
import urllib.error
import urllib.request

NUM_TOP = 10


class CannotCompare(Exception):
    pass


def ask_server(url, prompt, num_tokens):
    """[(id, {id: log-probability of the likeliest})] a step."""
    request = {
        "prompt": prompt, "n_predict": num_tokens, "temperature": 0, "repeat_penalty": 1, "ignore_eos": True,
        "n_probs": NUM_TOP, "return_tokens": True, "cache_prompt": False, "stream": False,
    }
    body = json.dumps(request).encode()
    headers = {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url + "/completion", body, headers), timeout=600) as reply:
            answer = json.load(reply)
    except (urllib.error.URLError, ValueError) as error:
        raise CannotCompare(f"llama-server at {url}: {error}")
    steps = answer.get("completion_probabilities", [])
    if len(steps) != num_tokens or [step["id"] for step in steps] != answer.get("tokens"):
        raise CannotCompare(f"llama-server gave {len(steps)} steps, not {num_tokens}")
    return [(step["id"], {top["id"]: top["logprob"] for top in step["top_logprobs"]}) for step in steps]


def ask_orpheus(program, model, prompt, num_tokens, device):
    """The same of our program."""
    command = [program, "generate", "--model", model, "--prompt-ids", "-", "--tokens", str(num_tokens), "--greedy",
               "--ignore-stop", "--head", "full", "--threads", "1", "--top", str(NUM_TOP), "--device", device]
    done = subprocess.run(command, input=json.dumps(prompt), capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotCompare(f"{program}: exit status {done.returncode}: {done.stderr.strip()}")
    answer = json.loads(done.stdout)
    if len(answer["ids"]) != num_tokens:
        raise CannotCompare(f"{program} gave {len(answer['ids'])} tokens, not {num_tokens}")
    return [(token, {item["id"]: item["logprob"] for item in top}) for token, top in zip(answer["ids"], answer["top"])]


def likeliest(top, count=2):
    return sorted(top.items(), key=lambda item: -item[1])[:count]


def margin(top):
    (_, first), (_, second) = likeliest(top)
    return first - second


def difference_of(their_top, our_top):
    """Largest difference of a log-probability, the shift that all share taken out."""
    both = their_top.keys() & our_top.keys()
    if len(both) < 2:
        return math.inf
    differences = [their_top[i] - our_top[i] for i in both]
    shift = sum(differences) / len(differences)
    return max(abs(difference - shift) for difference in differences)


def compare(theirs, ours):
    """How far one prompt's continuations agree."""
    result = {"equal": 0, "largest": 0.0, "smallest_margin": min(margin(top) for _, top in theirs), "parting": None}
    for (their_id, their_top), (our_id, our_top) in zip(theirs, ours):
        result["largest"] = max(result["largest"], difference_of(their_top, our_top))
        if their_id != our_id:
            result["parting"] = {"margin": margin(their_top), "theirs": likeliest(their_top),
                                 "ours": likeliest(our_top)}
            break
        result["equal"] += 1
    return result


def describe(top):
    return ", ".join(f"{token} {logprob:.4f}" for token, logprob in top)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", help="http://HOST:PORT of a llama-server that runs MODEL")
    parser.add_argument("orpheus", help="our program")
    parser.add_argument("model", help="a GGUF")
    parser.add_argument("prompts", help="a JSON file")
    parser.add_argument("--tokens", type=int, default=28, help="to continue each prompt by (%(default)s)")
    parser.add_argument("--rounding", type=float, default=0.001,
                        help="by how much a log-probability may differ, natural logs (%(default)s)")
    parser.add_argument("--device", default="CPU", help="our program's --device (%(default)s)")
    options = parser.parse_args()

    with open(options.prompts) as file:
        prompts = [row["prompt"] if isinstance(row, dict) else row for row in json.load(file)]
    failed = False
    print("prompt  ids  equal tokens  largest difference of a log-probability  smallest margin")
    for index, prompt in enumerate(prompts):
        theirs = ask_server(options.server.rstrip("/"), prompt, options.tokens)
        ours = ask_orpheus(options.orpheus, options.model, prompt, options.tokens, options.device)
        result = compare(theirs, ours)
        parting = result["parting"]
        wrong = result["largest"] > options.rounding or \
            (parting is not None and parting["margin"] > 2 * options.rounding)
        failed |= wrong
        print(f"{index:6} {len(prompt):4} {result['equal']:9}/{options.tokens}  {result['largest']:39.7f}"
              f"  {result['smallest_margin']:15.5f}{'  WRONG' if wrong else ''}")
        if parting is not None:
            print(f"        they part at a margin of {parting['margin']:.5f}; llama.cpp {describe(parting['theirs'])};"
                  f" orpheus {describe(parting['ours'])}")
    print("a real difference" if failed else f"equal up to a rounding of {options.rounding}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CannotCompare, OSError) as error:
        print(f"compare_with_llama_server: {error}", file=sys.stderr)
        sys.exit(2)
