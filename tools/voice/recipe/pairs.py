"""Texts and the audio tokens that speak them, as batches for the language model."""
import queue
import threading

import numpy as np
import torch

from . import tokens
from .sizes import MAX_WORDS

IGNORED = -100  # no prediction is asked for here


class Pairs:
    """All utterances of a part, as ids. A training sequence is one of them, or several short ones spoken in a row."""

    def __init__(self, codebook_size, utterances, voice, context):
        self.codebook_size, self.voice, self.context = codebook_size, voice, context
        self.texts, self.speeches, self.lengths = [], [], []
        for text, frames in utterances:
            length = tokens.prompt_length(voice, text) + tokens.SLOTS * len(frames) + 1
            if length <= context and len(frames) > 2:
                self.texts.append(text)
                self.speeches.append(tokens.audio_tokens(frames, codebook_size).astype(np.int32))
                self.lengths.append(length)
        self.words = [len(text.split()) for text in self.texts]

    def num_tokens(self):
        return sum(self.lengths)

    def plan(self, random, tokens_at_once, multiple, joined=0.0):
        """An epoch: batches of sequences, each sequence a list of utterances. A batch has at most so many tokens once
        its sequences are filled up to the longest, a multiple of `multiple`. joined: how many go on with another."""
        waiting, sequences = list(random.permutation(len(self.texts))), []
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

    def batch(self, sequences, multiple, random=None, corrupted=0.0):
        """→ ids and targets, [sequences, tokens] each. With a source of random numbers texts are varied as people write
        them, and a share of the codes is read wrongly, so that the model goes on well after a slip of its own."""
        rows = []
        for sequence in sequences:
            text = " ".join(self.texts[u] for u in sequence)
            speech = np.concatenate([self.speeches[u] for u in sequence])
            rows.append((tokens.prompt(self.voice, varied(text, random) if random else text), speech))
        longest = max(len(prompt) + len(speech) + 1 for prompt, speech in rows)
        length = -(-longest // multiple) * multiple
        ids = np.full((len(rows), length), tokens.PADDING, np.int64)
        targets = np.full((len(rows), length), IGNORED, np.int64)
        for row, (prompt, speech) in enumerate(rows):
            begin, end = len(prompt), len(prompt) + len(speech)
            ids[row, :begin] = prompt
            ids[row, begin:end] = self._misread(speech, random, corrupted) if random and corrupted else speech
            ids[row, end] = tokens.END_OF_SPEECH
            targets[row, begin - 1:end - 1] = speech
            targets[row, end - 1] = tokens.END_OF_SPEECH
        return torch.from_numpy(ids), torch.from_numpy(targets)

    def _misread(self, speech, random, share):
        slots = tokens.AUDIO_BASE + np.arange(len(speech)) % tokens.SLOTS * self.codebook_size
        wrong = random.random(len(speech)) < share * 2 * random.random()
        return np.where(wrong, slots + random.integers(0, self.codebook_size, len(speech)), speech)


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
        except BaseException as fault:  # handed over to the thread that waits
            made.put(fault)

    threading.Thread(target=work, daemon=True).start()
    while (item := made.get()) is not end:
        if isinstance(item, BaseException):
            raise item
        yield item
