"""Aligns an utterance with the codec's grid: each phone fills whole half frames (42.7 ms), each with one code of the medium
codebook, and is divided into sub-frames of 128 samples (5.3 ms), four for each code of the fine codebook.
"""
from dataclasses import dataclass

import numpy as np

from .shards import FRAME_SECONDS
from .sizes import FRAME_SAMPLES, PHONES, SAMPLE_RATE, SUB_FRAME_SAMPLES

HALF_FRAME_SECONDS = FRAME_SAMPLES / 2 / SAMPLE_RATE
SUB_FRAMES = FRAME_SAMPLES // 2 // SUB_FRAME_SAMPLES  # per half frame
PAUSE = PHONES.index("pau")
REST_BEFORE, REST_AFTER = 1, 3  # half frames of silence around an utterance


@dataclass
class Timing:
    phones: np.ndarray     # [H] number of the phone that each half frame belongs to
    elapsed: np.ndarray    # [H] number of earlier half frames of this phone
    segments: np.ndarray   # [H] index of that phone in the utterance
    positions: np.ndarray  # [H * SUB_FRAMES] position of each sub-frame in the utterance, in frames


def lay(utterance):
    """→ Timing of whole frames: H is even."""
    ends = utterance.phone_ends.astype(float)
    begins = np.concatenate([[0.0], ends[:-1]])
    last = len(ends) - 1
    phones, elapsed, segments, positions = [], [], [], []
    for place, (phone, begin, end) in enumerate(zip(utterance.phones, begins, ends)):
        count = max(1, round((end - begin) * FRAME_SECONDS / HALF_FRAME_SECONDS))
        if phone == PAUSE and place in (0, last):
            count = REST_BEFORE if place == 0 else REST_AFTER + (len(phones) + REST_AFTER) % 2
            span = min(end - begin, count * HALF_FRAME_SECONDS / FRAME_SECONDS)
            begin, end = (end - span, end) if place == 0 else (begin, begin + span)
        phones += [phone] * count
        elapsed += range(count)
        segments += [place] * count
        positions.append(begin + (end - begin) * (np.arange(count * SUB_FRAMES) + 0.5) / (count * SUB_FRAMES))
    if len(phones) % 2:
        raise ValueError(f"'{utterance.text}' does not end with a pause")
    return Timing(np.array(phones), np.array(elapsed), np.array(segments), np.concatenate(positions))


def sub_frames(utterance, timing):
    """→ parameters [H * SUB_FRAMES, 31] of each sub-frame."""
    nearest = np.clip(timing.positions.astype(int), 0, len(utterance.frames) - 1)
    return utterance.frames[nearest]
