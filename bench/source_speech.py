"""The speech that the small voice learnt from, for measurements: flite's sentences as codes, with the times of their words.

Sentences are the held-out ones of tools/voice (the same Debian packages give the same sentences). Needs numpy and the packages of
tools/voice/README.md, without PyTorch.
"""
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.dont_write_bytecode = True
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tools", "voice"))

import numpy as np  # noqa: E402

from recipe import codebooks, codes, sentences, shards, speech, timing, tokens  # noqa: E402

HALF_FRAME_SECONDS = timing.HALF_FRAME_SECONDS
NUM_TO_LEARN = 1000  # sentences from which it is learnt which letter a phone belongs to


class Utterance:
    """text; frames [F, 7]; words [2F]: the number of the word in each half frame, −1 in pauses."""

    def __init__(self, text, frames, words):
        self.text, self.frames, self.words = text, frames, words

    def span(self, word):
        """The frames of a word, between the nearest frame borders: begin, end."""
        halves = np.flatnonzero(self.words == word)
        if not len(halves):
            return 0, 0
        return round(halves[0] / 2 + 1e-6), round((halves[-1] + 1) / 2 - 1e-6)

    def long_words(self, num_frames=3):
        return [word for word in range(self.words.max() + 1) if np.subtract(*self.span(word)[::-1]) >= num_frames]


def held_out_sentences(folder):
    path = os.path.join(folder, "sentences", "held-out.tsv")
    if not os.path.exists(path):
        sentences.write_sentences(os.path.join(folder, "sentences"))
    return [row[2] for row in speech.read_rows(path)]


def held_out(folder):
    """Makes what is missing in the folder. → Utterances"""
    held_out_sentences(folder)
    engine = speech.compile_engine(os.path.join(folder, "engine"))
    for part, most in (("held-out", None), ("train", NUM_TO_LEARN)):
        path = os.path.join(folder, "speech", f"{part}-00000.npz")
        if not os.path.exists(path):
            rows = speech.read_rows(os.path.join(folder, "sentences", part + ".tsv"))[:most]
            speech.make_shard(path, rows, engine, False)
    sounds = codebooks.Sounds.load(os.path.join(ROOT, "tools", "voice", "sounds.npz"))
    alignment = codes.learn_alignment(list(shards.utterances_of(os.path.join(folder, "speech", "train-00000.npz"))))
    found = []
    for utterance in shards.utterances_of(os.path.join(folder, "speech", "held-out-00000.npz")):
        frames, _, _ = codes.encode(utterance, sounds, alignment)
        found.append(Utterance(utterance.text, frames.astype(int), utterance.phone_words[timing.lay(utterance).segments].astype(int)))
    return found


def codes_json(frames):
    return {f"c{i}": row.tolist() for i, row in enumerate(tokens.rows_of_frames(np.asarray(frames)))}
