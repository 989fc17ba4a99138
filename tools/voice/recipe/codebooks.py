"""The meaning of the codes of the three codebooks. Two only carry positions for the language model; one is sound.

    c0   of a frame: the letter that is spoken in its first half, and its position in its word
    c1   of a half frame: its phone, and the number of earlier half frames of the phone
    c2   of a quarter frame: one of the sounds of that phone (centroids of four sub-frames)

The decoder uses only c2. The model reads c0 and c1 again, so it knows its position in the text and in the phone.
"""
import numpy as np

from . import shards, timing
from .sizes import PHONES

LETTERS, PLACES, LONGEST = "abcdefghijklmnopqrstuvwxyz'", 16, 8
PAUSE_BEFORE, PAUSE_WITHIN, PAUSE_AFTER = (len(LETTERS) * PLACES + i for i in range(3))
VOICED_HZ = 93.75  # eight periods per frame, so every quarter begins with the same phase
# Weight of each parameter of a sub-frame: voicing, loudness, the spectrum's shape, strengths of voicing.
WEIGHTS = np.array([0.7 / VOICED_HZ, 0.5, *[1.0] * 24, *[0.5] * 5], np.float32)


def letter_note(letter, place):
    return LETTERS.index(letter) * PLACES + min(place, PLACES - 1)


def phone_notes(phones, elapsed):
    return np.asarray(phones, int) * LONGEST + np.minimum(elapsed, LONGEST - 1)


def quarters(parameters):
    """Parameters [S, 31] of sub-frames → [Q, 4, 31] of quarters, F0 VOICED_HZ or 0."""
    grouped = parameters.reshape(-1, timing.SUB_FRAMES // 2, parameters.shape[1]).copy()
    grouped[:, :, 0] = np.where(grouped[:, :, 0] > 0, VOICED_HZ, 0)
    return grouped


def points_of(quarters):
    """The vectors between which distances of quarters are measured, [Q, 124]."""
    return (quarters * WEIGHTS).reshape(len(quarters), -1).astype(np.float32)


class Sounds:
    """The fine codebook: parameters [K, 4, 31] of each sound's sub-frames, F0 the share that is voiced; and its phone."""

    def __init__(self, parameters, phones):
        self.parameters, self.phones = parameters, phones
        self._points = points_of(parameters)
        self._of_phone = [np.flatnonzero(phones == phone) for phone in range(len(PHONES))]

    def nearest(self, quarters, phones):
        """→ codes [Q], each one of its phone's."""
        points, codes = points_of(quarters), np.zeros(len(quarters), np.int64)
        for phone in np.unique(phones):
            chosen, candidates = phones == phone, self._of_phone[phone]
            if not len(candidates):
                raise SystemExit(f"codes: the codebook has no sound of the phone '{PHONES[phone]}': it was learnt from too "
                                 "little speech; remove sounds.npz and give it more")
            codes[chosen] = candidates[nearest(points[chosen], self._points[candidates])]
        return codes

    def save(self, path):
        shards.write_whole(path, parameters=self.parameters, phones=self.phones)

    @classmethod
    def load(cls, path):
        kept = np.load(path)
        return cls(kept["parameters"].astype(np.float32), kept["phones"])


def nearest(points, centroids):
    return (np.square(centroids).sum(1) - 2 * points @ centroids.T).argmin(1)


def k_means(points, count, random, rounds=15):
    """→ which of `count` groups each point is in."""
    centroids = points[random.choice(len(points), count, replace=False)]
    for _ in range(rounds):
        groups = nearest(points, centroids)
        members, sums = sums_of(points, groups, count)
        centroids = np.where(members[:, None] > 0, sums / np.maximum(1, members)[:, None],
                             points[random.choice(len(points), count)])
    return nearest(points, centroids)


def sums_of(rows, groups, count):
    """→ how many rows each group has, and their sums."""
    order = np.argsort(groups, kind="stable")
    members = np.bincount(groups, minlength=count)
    sums, there = np.zeros((count, *rows.shape[1:]), rows.dtype), members > 0
    sums[there] = np.add.reduceat(rows[order], (np.cumsum(members) - members)[there])
    return members, sums


def learn_sounds(utterances, codebook_size, seed=0):
    """The sounds of each phone; a phone that varies more gets more of them."""
    random, heard, phones = np.random.default_rng(seed), [], []
    for utterance in utterances:
        lies = timing.lay(utterance)
        heard.append(quarters(timing.sub_frames(utterance, lies)))
        phones.append(np.repeat(lies.phones, 2))
    heard, phones = np.concatenate(heard), np.concatenate(phones)
    points = points_of(heard)
    of_phone = [np.flatnonzero(phones == phone) for phone in range(len(PHONES))]
    spread = np.array([np.square(points[m] - points[m].mean(0)).sum() if len(m) else 0.0 for m in of_phone]) ** 0.6
    counts = np.maximum(1, np.floor((codebook_size - len(PHONES)) * spread / max(spread.sum(), 1e-9))).astype(int)
    parameters, phone_of_sound = [], []
    for phone, (mine, count) in enumerate(zip(of_phone, counts)):
        if not len(mine):
            continue
        count = min(count, -(-len(mine) // 3))
        members, sums = sums_of(heard[mine], k_means(points[mine], count, random), count)
        parameters.append(sums[members > 0] / members[members > 0, None, None])
        phone_of_sound += [phone] * int((members > 0).sum())
    return Sounds(np.concatenate(parameters).astype(np.float32), np.array(phone_of_sound))
