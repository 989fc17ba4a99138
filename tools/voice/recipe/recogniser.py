"""Measures how well speech is understood: word errors of pocketsphinx with its US English model (both from Debian).

It is a weak recogniser, so only differences between speakers of the same sentences are meaningful.
"""
import os
import re

import numpy as np

from .sizes import SAMPLE_RATE

MODEL = "/usr/share/pocketsphinx/model/en-us"
HEARD_RATE = 16000


def words(text):
    return re.findall(r"[a-z']+", text.lower().replace("-", " "))


def num_errors(spoken, heard):
    """The number of words to insert, delete or replace."""
    distances = list(range(len(heard) + 1))
    for i, word in enumerate(spoken, 1):
        diagonal, distances[0] = distances[0], i
        for j, other in enumerate(heard, 1):
            diagonal, distances[j] = distances[j], min(distances[j] + 1, distances[j - 1] + 1,
                                                       diagonal + (word != other))
    return distances[-1]


def resampled(samples, rate, new_rate):
    """At another rate: the same spectrum, cut off or filled up with silence."""
    length = len(samples) * new_rate // rate
    return np.fft.irfft(np.fft.rfft(samples)[:length // 2 + 1], length) * (length / len(samples))


class Pronunciations:
    """Pronunciations in the recogniser's dictionary."""

    def __init__(self):
        self._of = {}
        with open(os.path.join(MODEL, "cmudict-en-us.dict"), encoding="utf-8") as file:
            for line in file:
                word, sounds = line.split(maxsplit=1)
                self._of.setdefault(re.sub(r"\(\d+\)$", "", word), set()).add(sounds.strip())

    def alike(self, word, other):
        """Whether the words are equal or have a common pronunciation (bye and by)."""
        return word == other or bool(self._of.get(word, set()) & self._of.get(other, set()))


class Recogniser:
    def __init__(self):
        from pocketsphinx import Decoder  # Debian's python3-pocketsphinx; not needed for training
        config = Decoder.default_config()
        for key, value in (("-hmm", "en-us"), ("-lm", "en-us.lm.bin"), ("-dict", "cmudict-en-us.dict")):
            config.set_string(key, os.path.join(MODEL, value))
        config.set_string("-logfn", "/dev/null")
        self._decoder = Decoder(config)

    def hear(self, samples):
        """Float samples at SAMPLE_RATE → text."""
        heard = resampled(np.asarray(samples, np.float64), SAMPLE_RATE, HEARD_RATE)
        hiss = np.random.default_rng(0).standard_normal(4800) * 1e-3
        heard = np.concatenate([hiss, heard / max(1e-4, np.abs(heard).max()) * 0.6, hiss])
        self._decoder.start_utt()
        self._decoder.process_raw((heard * 32767).astype("<i2").tobytes(), False, True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return re.sub(r"\(\d+\)", "", hypothesis.hypstr) if hypothesis else ""
