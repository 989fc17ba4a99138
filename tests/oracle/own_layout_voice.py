#!/usr/bin/python3
"""Writes a voice with a layout of its own (byte tokens, a codebook of 256, audio from 288 on), and prompts for it.

    own_layout_voice.py FOLDER [--type f16|q8_0]             FOLDER/lm.gguf, FOLDER/prompts.json; needs NumPy
    llama-server -m FOLDER/lm.gguf --host 127.0.0.1 --port 8090 --flash-attn on --no-repack
    compare_with_llama_server.py http://127.0.0.1:8090 build/release/orpheus FOLDER/lm.gguf FOLDER/prompts.json
    own_layout_voice.py FOLDER --tokens http://127.0.0.1:8090   text and special tokens become the same ids there

The prompts are those of tools/voice/recipe/tokens.py, whose ids own_layout_test.py holds against our tokenizer.
"""
import argparse
import json
import os
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "voice"))
sys.dont_write_bytecode = True
from recipe import gguf, tokens  # noqa: E402

CONFIG = {"width": 128, "layers": 3, "heads": 4, "kv_heads": 2, "feed_forward": 256, "codebook_size": 256,
          "voice": "own", "context": 2048, "rope_base": 10000.0, "rms_epsilon": 1e-5}
TEXTS = ["Hello, it's a small (test) voice!", "The train to London leaves at half past nine.", "Na\u00efve caf\u00e9s, 100\u202f%?"]


def same_tokens(url):
    spelled = tokens.token_texts(CONFIG["codebook_size"])
    for text in TEXTS:
        prompt = tokens.prompt("own", text)
        content = "".join(spelled[t] for t in prompt[:2]) + f"own: {text}" + "".join(spelled[t] for t in prompt[-4:])
        body = json.dumps({"content": content, "parse_special": True}).encode()
        headers = {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(url + "/tokenize", body, headers), timeout=60) as reply:
            theirs = json.load(reply)["tokens"]
        if theirs != prompt:
            raise SystemExit(f"own_layout_voice: '{text}': llama-server gives {theirs}, we {prompt}")
    print(f"{len(TEXTS)} prompts are the same ids")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--type", choices=gguf.FILE_TYPES, default="f16")
    parser.add_argument("--tokens", metavar="URL", help="compare the tokens of a llama-server that runs it")
    options = parser.parse_args()
    if options.tokens:
        return same_tokens(options.tokens.rstrip("/"))
    weights = gguf.random_weights(CONFIG)
    weights["token_embd"][256:tokens.AUDIO_BASE] *= 0.01  # never the likeliest: some of them end a text for llama-server
    gguf.write_voice(os.path.join(options.folder, "lm.gguf"), CONFIG, weights, "own-layout", options.type)
    with open(os.path.join(options.folder, "prompts.json"), "w") as file:
        json.dump([tokens.prompt("own", text) for text in TEXTS], file)


if __name__ == "__main__":
    main()
