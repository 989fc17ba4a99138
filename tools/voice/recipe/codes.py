"""Every utterance as codec frames, for the language model to learn from.

Utterances of equally many frames are encoded together, so that no padding can change a code. A shard of speech gives a
shard of codes; those that are there already are skipped.
"""
import os

import numpy as np
import torch

from . import codec as codecs
from . import shards, tokens
from .budget import chosen_device
from .sizes import FRAME_SAMPLES, SAMPLE_RATE


def encode_shard(codec, path, device, seconds_at_once):
    """→ a frame array [F, 7] (uint16) for each utterance."""
    shard = np.load(path)
    samples, lengths, ends = shard["samples"], shard["lengths"], np.cumsum(shard["lengths"])
    num_frames = -(-lengths // FRAME_SAMPLES)
    frames = [None] * len(lengths)
    for count in np.unique(num_frames):
        alike = np.flatnonzero(num_frames == count)
        at_once = max(1, int(seconds_at_once * SAMPLE_RATE / (count * FRAME_SAMPLES)))
        for begin in range(0, len(alike), at_once):
            chosen = alike[begin:begin + at_once]
            batch = np.zeros((len(chosen), 1, count * FRAME_SAMPLES), np.float32)
            for row, u in enumerate(chosen):
                batch[row, 0, :lengths[u]] = samples[ends[u] - lengths[u]:ends[u]].astype(np.float32) / 32768
            rows = [part.cpu().numpy() for part in codec.encode(torch.from_numpy(batch).to(device))]
            for row, u in enumerate(chosen):
                frames[u] = tokens.frames_of_rows(*(part[row] for part in rows)).astype(np.uint16)
    return frames


def encode_corpus(speech_folder, codec_folder, folder):
    """Writes folder/SHARD.npz for every shard of speech that has none yet."""
    device = chosen_device()
    codec = codecs.load(codec_folder, device)
    size = codec.config["codebook_size"]
    for part in ("held-out", "train"):
        paths, made = shards.paths(speech_folder, part), 0
        for path in paths:
            target = os.path.join(folder, os.path.basename(path))
            if os.path.exists(target):
                continue
            frames = encode_shard(codec, path, device, 600 if device == "cuda" else 8)
            speech = np.load(path)
            shards.write_whole(target, frames=np.concatenate(frames), lengths=np.array([len(f) for f in frames]),
                               ids=speech["ids"], texts=speech["texts"], codebook_size=size)
            made += 1
        print(f"codes: {part}: {len(paths)} shards, {made} of them encoded now", flush=True)


def read_codes(folder, part, limit=None):
    """→ codebook size, [(text, frames [F, 7])]."""
    pairs, size = [], None
    for path in shards.paths(folder, part):
        shard = np.load(path)
        size = int(shard["codebook_size"])
        frames, ends = shard["frames"], np.cumsum(shard["lengths"])
        pairs += [(str(text), frames[end - length:end])
                  for text, length, end in zip(shard["texts"], shard["lengths"], ends)]
        if limit and len(pairs) >= limit:
            break
    if not pairs:
        raise SystemExit(f"{folder}: there are no codes of {part} speech here yet; the step 'codes' makes them")
    return size, pairs[:limit]
