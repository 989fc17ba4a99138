"""The token ids of the voice. The GGUF contains them all (keys orpheus.*), so only this file and the training define them.

    0 … 255                                 bytes, in the order of GPT-2's byte alphabet
    256 … 264                               special tokens
    288 + slot * codebook_size + code       audio, slots 0 … 6 of a frame

A frame is 2048 samples at 24 kHz: one code of the coarse codebook, two of the middle one, four of the fine one, spoken
in the order c0[f] c1[2f] c2[4f] c2[4f+1] c1[2f+1] c2[4f+2] c2[4f+3], as Orpheus speaks SNAC.
"""
import numpy as np

SLOTS = 7
SPECIAL_TEXTS = ("<|begin_of_text|>", "<|end_of_text|>", "<|start_of_human|>", "<|end_of_human|>", "<|start_of_ai|>",
                 "<|end_of_ai|>", "<|start_of_speech|>", "<|end_of_speech|>", "<|padding|>")
(BEGIN_OF_TEXT, END_OF_TEXT, START_OF_HUMAN, END_OF_HUMAN, START_OF_AI,
 END_OF_AI, START_OF_SPEECH, END_OF_SPEECH, PADDING) = range(256, 256 + len(SPECIAL_TEXTS))
AUDIO_BASE = 288

GGUF_KEYS = {"start_of_human": START_OF_HUMAN, "begin_of_text": BEGIN_OF_TEXT, "end_of_text": END_OF_TEXT,
             "end_of_human": END_OF_HUMAN, "start_of_ai": START_OF_AI, "start_of_speech": START_OF_SPEECH,
             "end_of_speech": END_OF_SPEECH}


def _byte_alphabet():
    """Bytes in id order with their characters: the byte itself if it is visible, else a character from 256."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return visible + hidden, [chr(byte) for byte in visible] + [chr(256 + i) for i in range(len(hidden))]


_BYTES, _SPELLINGS = _byte_alphabet()
_ID_OF_BYTE = {byte: token for token, byte in enumerate(_BYTES)}


def vocabulary_size(codebook_size):
    return AUDIO_BASE + SLOTS * codebook_size


def token_texts(codebook_size):
    """The contents of tokenizer.ggml.tokens."""
    texts = _SPELLINGS + list(SPECIAL_TEXTS)
    texts += [f"<|reserved_{i}|>" for i in range(AUDIO_BASE - len(texts))]
    return texts + [f"<custom_token_{i}>" for i in range(SLOTS * codebook_size)]


def prompt(voice, text):
    """The prompt ids of a text."""
    spoken = [_ID_OF_BYTE[byte] for byte in f"{voice}: {text}".encode()]
    return [START_OF_HUMAN, BEGIN_OF_TEXT, *spoken, END_OF_TEXT, END_OF_HUMAN, START_OF_AI, START_OF_SPEECH]


def prompt_length(voice, text):
    return len(voice.encode()) + 2 + len(text.encode()) + 6


def frames_of_rows(c0, c1, c2):
    """Rows of codes of one clip, [F], [2F] and [4F], as frames [F, 7]."""
    c1, c2 = np.reshape(c1, (-1, 2)), np.reshape(c2, (-1, 4))
    return np.stack([np.reshape(c0, -1), c1[:, 0], c2[:, 0], c2[:, 1], c1[:, 1], c2[:, 2], c2[:, 3]], axis=1)


def rows_of_frames(frames):
    """The reverse: c0 [F], c1 [2F], c2 [4F]."""
    return frames[:, 0].copy(), frames[:, [1, 4]].reshape(-1), frames[:, [2, 3, 5, 6]].reshape(-1)


def audio_tokens(frames, codebook_size):
    """Frames [F, 7] as ids [7F]."""
    return (np.asarray(frames, np.int64) + AUDIO_BASE + np.arange(SLOTS) * codebook_size).reshape(-1)
