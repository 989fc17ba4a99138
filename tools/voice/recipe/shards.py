"""Speech on disk: shards of utterances, each a .npz with `samples` (int16, 24 kHz, one utterance behind the other),
`lengths` (samples of each), `ids` and `texts`. And the codes of a whole corpus: the same with `frames` [sum, 7]."""
import glob
import os

import numpy as np

from .sizes import SAMPLE_RATE


def write_whole(path, **arrays):
    """np.savez, so that a reader finds a whole file or none."""
    folder, name = os.path.split(path)
    os.makedirs(folder, exist_ok=True)
    part = os.path.join(folder, "." + name)  # hidden, and still ending in .npz
    np.savez(part, **arrays)
    os.replace(part, path)


def paths(folder, part):
    """Shards of `train` or `held-out`, in order."""
    return sorted(glob.glob(os.path.join(folder, part + "-*.npz")))


def utterances(folder, part):
    """(id, text, samples as float32 within −1 … 1), one after the other."""
    for path in paths(folder, part):
        shard = np.load(path)
        samples, ends = shard["samples"], np.cumsum(shard["lengths"])
        for name, text, length, end in zip(shard["ids"], shard["texts"], shard["lengths"], ends):
            yield str(name), str(text), samples[end - length:end].astype(np.float32) / 32768


def samples_and_lengths(folder, part, max_hours):
    """All samples of the first hours in one int16 array, and the utterances' lengths in it."""
    samples, lengths, count = [], [], 0
    for path in paths(folder, part):
        if count >= max_hours * 3600 * SAMPLE_RATE:
            break
        shard = np.load(path)
        samples.append(shard["samples"])
        lengths.append(shard["lengths"])
        count += len(shard["samples"])
    if not samples:
        raise SystemExit(f"{folder}: there is no {part} speech here yet; the step 'speech' makes it")
    return np.concatenate(samples), np.concatenate(lengths)
