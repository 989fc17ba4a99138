"""Every utterance as codec frames for the training of the language model, with side information.

A shard of codes has `ids`, `texts` and, concatenated for all utterances, `frames` [sum, 7] with `lengths`, and
`spoken` [2 sum]: the byte of the text that each half frame speaks; NO_LETTER before the first and after the last. It also has
`sounds` [bytes of all texts]: for each byte the class of its sound, for a side loss; SILENT for mute letters.
"""
import itertools
import multiprocessing
import os
import re
from collections import Counter

import numpy as np

from . import codebooks, shards, timing, tokens
from .letters import Alignment
from .sizes import PHONES

NO_LETTER = -1
SILENT, NOT_A_LETTER = len(PHONES), len(PHONES) + 1
NUM_SOUNDS = len(PHONES) + 2


def spoken_words(utterance):
    """→ for each word with phones: letters, the byte of each, its phones, the place of each in the utterance."""
    found = [(match.start(), match.group()) for match in re.finditer(r"\S+", utterance.text)]
    for place in dict.fromkeys(int(word) for word in utterance.phone_words if word >= 0):
        if place >= len(found):
            continue
        begin, word = found[place]
        at = [begin + i for i, letter in enumerate(word.lower()) if letter in codebooks.LETTERS]
        mine = np.flatnonzero(utterance.phone_words == place)
        if at:
            yield ("".join(utterance.text[i].lower() for i in at), at, tuple(int(p) for p in utterance.phones[mine]), mine)


def learn_alignment(utterances):
    words = Counter((letters, phones) for utterance in utterances for letters, _, phones, _ in spoken_words(utterance))
    alignment = Alignment()
    alignment.learn(words)
    return alignment


def encode(utterance, sounds, alignment):
    """→ frames [F, 7], spoken [2F], sounds of the bytes [T]."""
    lies = timing.lay(utterance)
    byte_of_phone = np.full(len(utterance.phones), NO_LETTER)
    note_of_phone = np.full(len(utterance.phones), codebooks.PAUSE_WITHIN)
    note_of_phone[0], note_of_phone[-1] = codebooks.PAUSE_BEFORE, codebooks.PAUSE_AFTER
    heard = np.array([SILENT if c.lower() in codebooks.LETTERS else NOT_A_LETTER for c in utterance.text])
    for letters, at, phones, mine in spoken_words(utterance):
        for phone, where, place in zip(phones, mine, alignment.letters_of(letters, phones)):
            byte_of_phone[where] = at[place]
            note_of_phone[where] = codebooks.letter_note(letters[place], place)
            if heard[at[place]] == SILENT:
                heard[at[place]] = phone
    for where in range(1, len(byte_of_phone) - 1):  # a pause within: what stands behind the last letter
        if byte_of_phone[where] == NO_LETTER:
            byte_of_phone[where] = min(len(utterance.text) - 1, max(byte_of_phone[:where]) + 1)
    quarters = codebooks.quarters(timing.sub_frames(utterance, lies))
    c0 = note_of_phone[lies.segments[::2]]
    c1 = codebooks.phone_notes(lies.phones, lies.elapsed)
    c2 = sounds.nearest(quarters, np.repeat(lies.phones, 2))
    return tokens.frames_of_rows(c0, c1, c2).astype(np.uint16), byte_of_phone[lies.segments], heard


def learn_codebooks(speech_folder, codebook_size, folder, num_utterances=4000):
    """The sounds in folder/sounds.npz, where they are missing; and how letters sound. → sounds, alignment."""
    some = list(itertools.islice(shards.utterances(speech_folder, "train"), num_utterances))
    if not some:
        raise SystemExit(f"{speech_folder}: there is no train speech here yet; the step 'speech' makes it")
    path = os.path.join(folder, "sounds.npz")
    if not os.path.exists(path):
        codebooks.learn_sounds(some, codebook_size).save(path)
    sounds = codebooks.Sounds.load(path)
    if len(sounds.phones) > codebook_size:
        raise SystemExit(f"{path}: {len(sounds.phones)} sounds do not fit into a codebook of {codebook_size}; it is of another "
                         "--size: remove it, or name another folder with --work")
    return sounds, learn_alignment(some)


def encode_shard(path, target, codebook_size, sounds, alignment):
    utterances = list(shards.utterances_of(path))
    coded = [encode(utterance, sounds, alignment) for utterance in utterances]
    shards.write_whole(target, ids=np.array([u.id for u in utterances]), texts=np.array([u.text for u in utterances]),
                       frames=np.concatenate([frames for frames, _, _ in coded]),
                       lengths=np.array([len(frames) for frames, _, _ in coded]),
                       spoken=np.concatenate([spoken for _, spoken, _ in coded]).astype(np.int16),
                       sounds=np.concatenate([heard for _, _, heard in coded]).astype(np.uint8),
                       codebook_size=codebook_size)


def encode_corpus(speech_folder, codebook_size, codebook_folder, folder, jobs):
    """Writes folder/SHARD.npz for every shard of speech that has none yet, some at a time."""
    sounds, alignment = learn_codebooks(speech_folder, codebook_size, codebook_folder)
    for part in ("held-out", "train"):
        paths = shards.paths(speech_folder, part)
        missing = [(path, os.path.join(folder, os.path.basename(path)), codebook_size, sounds, alignment) for path in paths
                   if not os.path.exists(os.path.join(folder, os.path.basename(path)))]
        with multiprocessing.get_context("fork").Pool(jobs) as pool:
            pool.starmap(encode_shard, missing, 1)
        print(f"codes: {part}: {len(paths)} shards, {len(missing)} of them encoded now", flush=True)


def read_codes(folder, part, limit=None):
    """→ codebook size, [(text, frames [F, 7], spoken [2F], sounds [T])]."""
    found, size = [], None
    for path in shards.paths(folder, part):
        shard = np.load(path)
        size = int(shard["codebook_size"])
        frames, spoken, sounds, at, letter = shard["frames"], shard["spoken"], shard["sounds"], 0, 0
        for text, length in zip(shard["texts"], shard["lengths"]):
            text = str(text)
            found.append((text, frames[at:at + length], spoken[2 * at:2 * (at + length)],
                          sounds[letter:letter + len(text)]))
            at, letter = at + length, letter + len(text)
        if limit and len(found) >= limit:
            break
    if not found:
        raise SystemExit(f"{folder}: there are no codes of {part} speech here yet; the step 'codes' makes them")
    return size, found[:limit]
