#!/usr/bin/env python3
"""Compares the time to the first sample of a long text with the time for its first sentence alone.

  bench/first_sample.py MODEL.gguf CODEC.gguf [--threads 2] [--words 5000] [--pairs 15]

A server alternately speaks a sentence and the long text with the same seed. Each client disconnects after the first sample.
Prints one line of JSON: medians in ms, and the median of the pairs' ratios. Environment: ORPHEUS is the program (build/release/orpheus)."""
import http.client
import json
import random
import re
import statistics
import subprocess
import sys
import time

from programs import orpheus, parser_of

WORDS = "the a small boat river morning light walked under old trees and over bridge near water quiet stones long road home".split()


def sentences(num_words, chance):
    """Different sentences of 9 to 15 words, with num_words words or a few more in total."""
    made = []
    while sum(len(one.split()) for one in made) < num_words:
        words = [chance.choice(WORDS) for _ in range(chance.randint(9, 15))]
        made.append(" ".join(words).capitalize() + ".")
    return made


def first_sample_ms(port, text):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    began = time.monotonic()
    connection.request("POST", "/v1/audio/speech", json.dumps({"input": text, "response_format": "pcm", "seed": 1}),
                       {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    assert answer.read(2)
    took = time.monotonic() - began
    connection.close()
    time.sleep(0.5)  # the cancelled requests have ended
    return 1000 * took


def main():
    options = parser_of(__doc__, "model", "codec", threads=2, words=5000, pairs=15).parse_args()
    command = orpheus("serve", port=0, model=options.model, codec=options.codec, threads=options.threads, max_input=100000)
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        said = []
        port = None
        while port is None:
            said.append(server.stderr.readline())
            if not said[-1]:
                sys.exit("the server did not start: " + "".join(said))
            if found := re.search(r"serving .*:(\d+)$", said[-1]):
                port = int(found[1])
        pairs = []
        for i in range(options.pairs + 1):
            text = sentences(options.words, random.Random(i))
            texts = [text[0], " ".join(text)]
            took = [first_sample_ms(port, one) for one in (texts if i % 2 == 0 else reversed(texts))]
            pairs.append(took if i % 2 == 0 else took[::-1])
        del pairs[0]  # the first pair also warms the machine up
        print(json.dumps({"sentence_ms": statistics.median(a for a, _ in pairs), "long_text_ms": statistics.median(b for _, b in pairs),
                          "ratio": statistics.median(b / a for a, b in pairs), "ratios": sorted(round(b / a, 3) for a, b in pairs)}))
    finally:
        server.terminate()
        server.communicate()


main()
