"""The triangular bands of vocoder.py as filters that SNAC's last block can compute: in sequence, symmetric filters of seven taps
1, 3 and 9 samples apart (its residual units), and seven more taps (its last layer).
"""
import numpy as np

SPACINGS = (1, 3, 9, 1)
HALF = 3  # taps on each side of the middle


def responses(taps, w):
    """taps [spacings, HALF + 1]: the middle and one side; w in radians → the response of all, one after the other."""
    factors = [_cosines(spacing, w) @ its for spacing, its in zip(SPACINGS, taps)]
    return np.prod(factors, 0)


def _cosines(spacing, w):
    """What a tap on both sides contributes at w: [frequencies, HALF + 1]."""
    each = np.cos(np.outer(w, spacing * np.arange(HALF + 1)))
    each[:, 1:] *= 2
    return each


def fit(target, w, rounds=200, starts=12, seed=0):
    """Taps whose response comes near target [frequencies] at w, by least squares of one filter at a time.
    → taps [spacings, HALF + 1]."""
    random, best = np.random.default_rng(seed), (np.inf, None)
    bases = [_cosines(spacing, w) for spacing in SPACINGS]
    for _ in range(starts):
        taps = random.standard_normal((len(SPACINGS), HALF + 1)) * 0.3 + np.eye(1, HALF + 1)
        for _ in range(rounds):
            for i, basis in enumerate(bases):
                others = np.prod([b @ t for j, (b, t) in enumerate(zip(bases, taps)) if j != i], 0)
                taps[i] = np.linalg.lstsq(basis * others[:, None], target, rcond=1e-6)[0]
                if i < len(bases) - 1:  # only the last filter changes the loudness
                    taps[i] /= max(1e-9, np.abs(taps[i]).max())
        error = np.sqrt(np.square(responses(taps, w) - target).mean())
        if error < best[0]:
            best = error, taps.copy()
    return best[1]


def taps_of(half):
    """The middle and one side → all seven."""
    return np.concatenate([half[:0:-1], half])
