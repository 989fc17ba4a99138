"""Speech on disk: shards of utterances, each a .npz with these arrays, concatenated for all utterances:

    ids, texts                              of each utterance
    frames [sum, 31], frame_counts          F0 in Hz (0: unvoiced), 25 mel-cepstra, 5 strengths of voicing, each 5 ms
    phones, phone_ends, phone_words         numbers in sizes.PHONES, in frames, place of its word in the text (-1: a pause)
    samples, sample_counts                  only for held-out speech: the engine's own sound, int16, 16 kHz
"""
import glob
import os
from dataclasses import dataclass

import numpy as np

FRAME_SECONDS = 0.005


@dataclass
class Utterance:
    id: str
    text: str
    frames: np.ndarray       # [F, 31]
    phones: np.ndarray       # [P]
    phone_ends: np.ndarray   # [P], in frames
    phone_words: np.ndarray  # [P]
    samples: np.ndarray      # [S], or empty


def write_whole(path, **arrays):
    """np.savez, but atomic: a reader finds a complete file or none."""
    folder, name = os.path.split(path)
    os.makedirs(folder, exist_ok=True)
    part = os.path.join(folder, "." + name)  # hidden, and still ending in .npz
    np.savez(part, **arrays)
    os.replace(part, path)


def paths(folder, part):
    """Shards of `train` or `held-out`, in order."""
    return sorted(glob.glob(os.path.join(folder, part + "-*.npz")))


def utterances_of(path):
    shard = dict(np.load(path))
    samples = shard.get("samples", np.zeros(0, np.int16))
    sample_counts = shard.get("sample_counts", np.zeros(len(shard["ids"]), int))
    frame_ends, phone_ends, sample_ends = (np.cumsum(counts) for counts in
                                           (shard["frame_counts"], shard["phone_counts"], sample_counts))
    for i, (name, text) in enumerate(zip(shard["ids"], shard["texts"])):
        frames = slice(frame_ends[i] - shard["frame_counts"][i], frame_ends[i])
        phones = slice(phone_ends[i] - shard["phone_counts"][i], phone_ends[i])
        yield Utterance(str(name), str(text), shard["frames"][frames].astype(np.float32), shard["phones"][phones],
                        shard["phone_ends"][phones], shard["phone_words"][phones],
                        samples[sample_ends[i] - sample_counts[i]:sample_ends[i]])


def utterances(folder, part):
    """The utterances of all shards in order."""
    for path in paths(folder, part):
        yield from utterances_of(path)
