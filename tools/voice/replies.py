#!/usr/bin/python3
"""Tests whether the built-in voice speaks everyday replies completely: at least half of the words of each sentence must be
recognised, and a reply must be about as long as the sum of its sentences.

    replies.py [--orpheus build/release/orpheus] [--replies tools/voice/recipe/replies.txt]

A line of the file is a reply, with " | " between its sentences. Needs Debian's python3-numpy and python3-pocketsphinx.
Exit code 0: every reply passes. Words with the same pronunciation in the recogniser's dictionary (bye, by) count as equal.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import wave

import numpy as np

sys.dont_write_bytecode = True
from recipe.recogniser import Pronunciations, Recogniser, words  # noqa: E402

BETWEEN_SENTENCES = 0.4  # seconds of silence between sentences, as in the program
MOST_OFF = 0.3           # share of a reply's length


def say(program, text, folder):
    """Samples, −1 … 1."""
    path = os.path.join(folder, "said.wav")
    subprocess.run([program, "say", text, "-o", path, "--seed", "1"], check=True, stderr=subprocess.DEVNULL)
    with wave.open(path) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768, file.getframerate()


def seconds_of_sound(samples, rate):
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return (loud[-1] - loud[0]) / rate if len(loud) else 0


def num_recognised(sentence, heard, alike):
    """Returns the recognised words of the sentence, each recognised word counted once."""
    left, found = list(heard), 0
    for word in words(sentence.replace("’", "'")):
        match = next((other for other in left if alike(word, other)), None)
        if match is not None:
            left.remove(match)
            found += 1
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--orpheus", default="build/release/orpheus", help="the program (%(default)s)")
    parser.add_argument("--replies", default=os.path.join(here, "recipe", "replies.txt"), help="a reply a line")
    asked = parser.parse_args()
    with open(asked.replies, encoding="utf-8") as file:
        replies = [line.strip().split(" | ") for line in file if line.strip()]
    recogniser, alike = Recogniser(), Pronunciations().alike
    lost = by_letters = off = 0
    with tempfile.TemporaryDirectory() as folder:
        for sentences in replies:
            samples, rate = say(asked.orpheus, " ".join(sentences), folder)
            heard = words(recogniser.hear(samples))
            alone = sum(seconds_of_sound(*say(asked.orpheus, sentence, folder)) for sentence in sentences)
            ratio = seconds_of_sound(samples, rate) / (alone + BETWEEN_SENTENCES * (len(sentences) - 1))
            half = [len(words(sentence.replace("’", "'"))) / 2 for sentence in sentences]
            bad = [s for s, least in zip(sentences, half) if num_recognised(s, heard, alike) < least]
            strict = [s for s, least in zip(sentences, half) if num_recognised(s, heard, str.__eq__) < least]
            lost, by_letters = lost + bool(bad), by_letters + bool(strict)
            off += abs(ratio - 1) > MOST_OFF
            print(f"{ratio:.2f} {'LOST ' if bad else ''}{' '.join(sentences)} | {' '.join(heard)}", flush=True)
    print(f"{len(replies)} replies: {lost} with a sentence that is not recognised ({by_letters} where words must be written "
          f"alike), {off} with another length than their sentences")
    return 1 if lost or off else 0


if __name__ == "__main__":
    sys.exit(main())
