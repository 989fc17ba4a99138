"""Texts and their audio tokens as batches for the language model."""
import queue
import threading
from dataclasses import dataclass

import numpy as np
import torch

from . import tokens
from .codebooks import LONGEST
from .codes import NO_LETTER, NOT_A_LETTER
from .sizes import MAX_WORDS, PHONES

IGNORED = -100  # no prediction at this position
NOWHERE = -1    # no attention target at this position
LOOKS = (0, 1, 2, 3)        # targets of the watched heads: this many letters after the current one
BLURRED = 0.3, 1.0          # share of the fine codes that are replaced by another sound of the same phone
SOUNDS_BEHIND = (1, 3)      # a letter's sound is predicted after this many further bytes


@dataclass
class Batch:
    ids: torch.Tensor      # [rows, tokens]
    targets: torch.Tensor  # [rows, tokens]: the next audio token, or IGNORED
    looks: torch.Tensor    # [rows, tokens, len(LOOKS)]: positions, or NOWHERE
    sounds: torch.Tensor   # [rows, tokens, len(SOUNDS_BEHIND)]: classes of codes.py, or IGNORED


class Pairs:
    """All utterances of a part. A training sequence is one of them, or several short ones spoken in a row."""

    def __init__(self, codebook_size, utterances, voice, context):
        self.codebook_size, self.voice, self.context = codebook_size, voice, context
        self.utterances, self.lengths = [], []
        for text, frames, spoken, sounds in utterances:
            length = tokens.prompt_length(voice, text) + tokens.SLOTS * len(frames) + 1
            if length <= context and len(frames) > 2:
                self.utterances.append((text, frames, spoken, sounds))
                self.lengths.append(length)
        self.words = [len(text.split()) for text, *_ in self.utterances]
        self._sounds_of_phones = sounds_of_phones(self.utterances) if self.utterances else None
        self.by_text_length = sorted(range(len(self.utterances)), key=lambda u: len(self.utterances[u][0]))

    def num_tokens(self):
        return sum(self.lengths)

    def plan(self, random, tokens_at_once, multiple, joined=0.0):
        """An epoch: batches of sequences, each sequence a list of utterances. A batch has at most so many tokens once
        its sequences are filled up to the longest, a multiple of `multiple`. joined: how many go on with another."""
        waiting, sequences = list(random.permutation(len(self.utterances))), []
        while waiting:
            sequence = [waiting.pop()]
            while waiting and random.random() < joined and self._fits(sequence + waiting[-1:]):
                sequence.append(waiting.pop())
            sequences.append(sequence)
        length = lambda sequence: -(-sum(self.lengths[u] for u in sequence) // multiple) * multiple
        sequences.sort(key=lambda sequence: length(sequence) + random.integers(0, multiple))
        batches, longest = [[]], 0
        for sequence in sequences:
            longest = max(longest, length(sequence))
            if batches[-1] and (len(batches[-1]) + 1) * longest > tokens_at_once:
                batches.append([])
                longest = length(sequence)
            batches[-1].append(sequence)
        random.shuffle(batches)
        return batches

    def _fits(self, sequence):
        return sum(self.words[u] for u in sequence) <= MAX_WORDS and sum(self.lengths[u] for u in sequence) <= self.context

    def joined(self, sequence):
        """Utterances in a row, as one: (text, frames, spoken, sounds)."""
        if len(sequence) == 1:
            return self.utterances[sequence[0]]
        texts, frames, spoken, sounds, begin = [], [], [], [], 0
        for u in sequence:
            text, its_frames, its_spoken, its_sounds = self.utterances[u]
            texts.append(text)
            frames.append(its_frames)
            spoken.append(np.where(its_spoken == NO_LETTER, NO_LETTER, its_spoken + begin))
            sounds.append(np.append(its_sounds, NOT_A_LETTER))
            begin += len(text) + 1
        return " ".join(texts), np.concatenate(frames), np.concatenate(spoken), np.concatenate(sounds)[:-1]

    def batch(self, sequences, multiple, random=None, corrupted=0.0):
        """→ Batch. With a source of random numbers, texts are varied as people write them; a share of the codes is replaced, so
        that the model recovers from its own errors; and most fine codes are replaced by similar ones, because a consonant's
        sound reveals the next vowel, and the model must follow the text instead."""
        rows = []
        for sequence in sequences:
            text, frames, spoken, sounds = self.joined(sequence)
            speech = tokens.audio_tokens(frames, self.codebook_size)
            read = speech
            if random and corrupted:
                read = self._misread(tokens.audio_tokens(self._blurred(frames, random), self.codebook_size), random, corrupted)
            rows.append((varied(text, random) if random else text, speech, read, spoken, sounds))
        prompts = [tokens.prompt(self.voice, row[0]) for row in rows]
        longest = max(len(prompt) + len(row[1]) + 1 for prompt, row in zip(prompts, rows))
        shape = len(rows), -(-longest // multiple) * multiple
        ids, targets = np.full(shape, tokens.PADDING, np.int64), np.full(shape, IGNORED, np.int64)
        looks, heard = np.full((*shape, len(LOOKS)), NOWHERE, np.int64), np.full((*shape, len(SOUNDS_BEHIND)), IGNORED, np.int64)
        first_letter = self._first_letter()
        for row, (prompt, (text, speech, read, spoken, sounds)) in enumerate(zip(prompts, rows)):
            begin, end = len(prompt), len(prompt) + len(speech)
            ids[row, :begin] = prompt
            ids[row, begin:end] = read
            ids[row, end] = tokens.END_OF_SPEECH
            targets[row, begin - 1:end - 1] = speech
            targets[row, end - 1] = tokens.END_OF_SPEECH
            behind_text = first_letter + len(text)
            letter = first_letter + np.where(spoken == NO_LETTER, len(text), spoken)
            letter[:np.argmax(spoken != NO_LETTER)] = first_letter
            for_slots = letter.reshape(-1, 2)[:, [0, 0, 0, 0, 1, 1, 1]].reshape(-1)
            looks[row, begin - 1:end - 1] = np.minimum(for_slots[:, None] + np.array(LOOKS), behind_text)
            looks[row, end - 1] = behind_text
            self._ask_sounds(heard[row], sounds[:len(text)])
        return Batch(*(torch.from_numpy(part) for part in (ids, targets, looks, heard)))

    def letters(self, random, tokens_at_once, multiple, vary):
        """Texts alone, of one length about, for learning how letters sound: many times the words of a batch of speech.
        → ids [rows, tokens], sounds [rows, tokens, len(SOUNDS_BEHIND)] as a Batch has them."""
        first = random.integers(0, len(self.by_text_length))
        count = max(1, int(tokens_at_once) // (len(self.utterances[self.by_text_length[first]][0]) + multiple))
        chosen = [self.utterances[u] for u in self.by_text_length[first:first + count]]
        prompts = [tokens.prompt(self.voice, varied(text, random) if vary else text) for text, *_ in chosen]
        shape = len(prompts), -(-max(map(len, prompts)) // multiple) * multiple
        ids, heard = np.full(shape, tokens.PADDING, np.int64), np.full((*shape, len(SOUNDS_BEHIND)), IGNORED, np.int64)
        for row, (prompt, (_, _, _, sounds)) in enumerate(zip(prompts, chosen)):
            ids[row, :len(prompt)] = prompt
            self._ask_sounds(heard[row], sounds[:len(prompt) - self._first_letter() - 4])
        return torch.from_numpy(ids), torch.from_numpy(heard)

    def _first_letter(self):
        """The position of the text in a sequence."""
        return 2 + len(f"{self.voice}: ".encode())

    def _ask_sounds(self, heard, classes):
        at = np.flatnonzero(classes != NOT_A_LETTER)
        for column, behind in enumerate(SOUNDS_BEHIND):
            heard[self._first_letter() + at + behind, column] = classes[at]

    def _blurred(self, frames, random):
        codes, begins, counts = self._sounds_of_phones
        share = random.uniform(*BLURRED)
        blurred = frames.copy()
        for phone, fine in ((1, [2, 3]), (4, [5, 6])):
            phones = frames[:, phone, None] // LONGEST
            other = codes[begins[phones] + (random.random((len(frames), 2)) * counts[phones]).astype(int)]
            blurred[:, fine] = np.where(random.random(other.shape) < share, other, frames[:, fine])
        return blurred

    def _misread(self, speech, random, share):
        slots = tokens.AUDIO_BASE + np.arange(len(speech)) % tokens.SLOTS * self.codebook_size
        wrong = random.random(len(speech)) < share * 2 * random.random()
        other = (speech - slots)[random.permutation(len(speech) // tokens.SLOTS).repeat(tokens.SLOTS) * tokens.SLOTS
                                 + np.arange(len(speech)) % tokens.SLOTS]  # the same slot in another frame
        return np.where(wrong, slots + other, speech)


def sounds_of_phones(utterances):
    """Fine codes, phone after phone and each as often as it is said. → codes, where each phone's begin, how many."""
    frames = np.concatenate([frames for _, frames, _, _ in utterances])
    phones = np.repeat(frames[:, [1, 4]].reshape(-1) // LONGEST, 2).astype(int)
    order = np.argsort(phones, kind="stable")
    counts = np.bincount(phones, minlength=len(PHONES))
    return frames[:, [2, 3, 5, 6]].reshape(-1)[order], np.cumsum(counts) - counts, counts


def varied(text, random):
    if random.random() < 0.10:
        text = text.lower()
    if random.random() < 0.12:
        text = text.rstrip(".!")
    return text


def ahead(items, depth=8):
    """The items of an iterator that a thread of its own goes through, some steps ahead. A fault there is raised here."""
    made, end = queue.Queue(depth), object()

    def work():
        try:
            for item in items:
                made.put(item)
            made.put(end)
        except BaseException as fault:  # passed on to the waiting thread
            made.put(fault)

    threading.Thread(target=work, daemon=True).start()
    while (item := made.get()) is not end:
        if isinstance(item, BaseException):
            raise item
        yield item
