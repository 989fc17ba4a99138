#!/usr/bin/python3
"""What `--proof strict` finds and mends in a chapter of prose.

    bench/proof_chapter.py [--words 900] [--seeds 5] [--temperature T] [--orpheus build/release/orpheus]

The chapter is prose with dialogue from Debian's package `fortunes` (literature). Each sentence is spoken with several seeds, with
`--proof off` and `--proof strict`. A sound that strict changes was caught. Whether a sound is a failure is decided without the
program's judge: pocketsphinx (Debian: python3-pocketsphinx, pocketsphinx-en-us) hears more wrong words than usual for the sentence, by
two and an eighth of its words, or its length differs from the usual by a quarter and 0.4 s. Usual is the median of all seeds. Prints
one line of JSON: failures and how many were caught, changed sounds that were no failures, and the recogniser's wrong words with each mode.
"""
import argparse
import concurrent.futures
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import wave

import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "voice"))
from recipe import recogniser  # noqa: E402

PROSE = "/usr/share/games/fortunes/literature"
SHORTEST, LONGEST = 4, 40  # words of a sentence
MODES = ("off", "strict")


def chapter(num_words):
    """Sentences of the prose, in order."""
    with open(PROSE, encoding="utf-8") as file:
        entries = file.read().split("\n%\n")
    sentences = []
    for entry in entries:
        body = re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", entry.split("\n\t\t-- ")[0])
        lines = body.splitlines()
        is_verse = statistics.mean(map(len, lines)) < 45 if lines else True
        if is_verse or len(body) < 200:
            continue
        for paragraph in re.split(r"\n\s*\n|\n\t", body):
            for sentence in re.split(r"(?<=[.!?])[\"']?\s+(?=[\"'A-Z])", " ".join(paragraph.split())):
                if SHORTEST <= len(sentence.split()) <= LONGEST and re.search(r"[.!?][\"']?$", sentence):
                    sentences.append(sentence)
                    if sum(len(one.split()) for one in sentences) >= num_words:
                        return sentences
    return sentences


def say(options, sentence, seed, mode):
    """→ float samples at 24 kHz"""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "said.wav")
        command = [options.orpheus, "say", "--seed", str(seed), "--proof", mode, "-q", "--threads", "1", "-o", path]
        if options.temperature:
            command += ["--temperature", str(options.temperature)]
        subprocess.run(command + ["--", sentence], check=True, capture_output=True)
        with wave.open(path) as file:
            return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


HEARERS = {}


def take(options, number, sentence, seed):
    """→ what was said with each mode: length in seconds, what was heard; and whether strict changed it"""
    hearer = HEARERS.setdefault(os.getpid(), None) or recogniser.Recogniser()
    HEARERS[os.getpid()] = hearer
    found, sounds = {"sentence": number, "seed": seed}, {}
    for mode in MODES:
        sounds[mode] = say(options, sentence, seed, mode)
        if mode == "strict" and np.array_equal(sounds["strict"], sounds["off"]):
            found[mode] = found["off"]
            break
        found[mode] = {"seconds": len(sounds[mode]) / 24000, "heard": hearer.hear(sounds[mode])}
    found["changed"] = not np.array_equal(sounds["strict"], sounds["off"])
    return found


def is_failure(said, usual_errors, usual_seconds, num_words):
    beyond = abs(said["seconds"] - usual_seconds)
    return (said["errors"] - usual_errors >= 2 + num_words / 8 or beyond > usual_seconds / 4 + 0.4)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orpheus", default="build/release/orpheus")
    parser.add_argument("--words", type=int, default=900)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--tell", action="store_true", help="print each failure and each sound that strict changed")
    options = parser.parse_args()
    sentences = chapter(options.words)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        takes = list(pool.map(take, *zip(*[(options, i, sentence, seed) for i, sentence in enumerate(sentences) for seed in seeds]),
                              chunksize=4))
    for one in takes:
        for mode in MODES:
            one[mode]["errors"] = recogniser.num_errors(recogniser.words(sentences[one["sentence"]]), recogniser.words(one[mode]["heard"]))
    counts = dict.fromkeys(("failures", "caught", "mended", "changed", "changed_without_failure"), 0)
    for i, sentence in enumerate(sentences):
        mine = [one for one in takes if one["sentence"] == i]
        usual_errors = statistics.median(one["off"]["errors"] for one in mine)
        usual_seconds = statistics.median(one["off"]["seconds"] for one in mine)
        for one in mine:
            failed = [is_failure(one[mode], usual_errors, usual_seconds, len(sentence.split())) for mode in MODES]
            counts["failures"] += failed[0]
            counts["caught"] += failed[0] and one["changed"]
            counts["mended"] += failed[0] and not failed[1]
            counts["changed"] += one["changed"]
            counts["changed_without_failure"] += one["changed"] and not failed[0]
            if options.tell and (failed[0] or one["changed"]):
                print(f"{'failure' if failed[0] else 'changed'}: seed {one['seed']}: {sentence}\n"
                      f"  usual {usual_seconds:.2f} s, {usual_errors}",
                      *(f"\n  {mode} {one[mode]['seconds']:.2f} s, {one[mode]['errors']}: {one[mode]['heard']}" for mode in MODES))
    wrong = {f"wrong_words_{mode}": sum(one[mode]["errors"] for one in takes) for mode in MODES}
    num_words = sum(len(sentence.split()) for sentence in sentences)
    print(json.dumps({"sentences": len(sentences), "words": num_words, "seeds": len(seeds), "sounds": len(takes), **counts, **wrong}))


if __name__ == "__main__":
    main()
