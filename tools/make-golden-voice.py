#!/usr/bin/python3
"""Writes the language models of the results in tests/data/lm-small: small.gguf and small-slots.gguf.

    tools/make-golden-voice.py [FOLDER]        .deps/golden-voice by default; 342 MB in all

Does nothing if the same version of this script has already written them.

Needs Debian's python3-numpy. The weights are NumPy's random numbers (PCG64, seed 11) in a fixed order, so every run on every
machine gives the tensors that llama.cpp computed with. The tokenizer has only bytes and fillers: the prompts are ids.
"""
import hashlib
import os
import pathlib
import struct
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "voice"))
from recipe.gguf import ALIGNMENT, F16, F32, metadata_value, text  # noqa: E402

LAYERS, WIDTH, HEADS, KV_HEADS, FEED_FORWARD, CONTEXT, ROPE_BASE = 4, 256, 8, 4, 768, 8192, 500000.0
HEAD = WIDTH // HEADS
VOCABULARY, TEXT, CUSTOM, START_OF_SPEECH, AUDIO, CODEBOOK = 156940, 128000, 128256, 128257, 128266, 4096


def token_texts():
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    tokens = [chr(byte if byte in visible else 256 + hidden.index(byte)) for byte in range(256)]
    tokens += [f"<filler_{i}>" for i in range(256, TEXT)] + [f"<special_{i}>" for i in range(TEXT, CUSTOM)]
    return tokens + [f"<custom_token_{i}>" for i in range(VOCABULARY - CUSTOM)]


def metadata():
    return {"general.architecture": "llama", "general.name": "golden-small", "general.file_type": 1,
            "llama.block_count": LAYERS, "llama.context_length": CONTEXT, "llama.embedding_length": WIDTH,
            "llama.feed_forward_length": FEED_FORWARD, "llama.attention.head_count": HEADS,
            "llama.attention.head_count_kv": KV_HEADS, "llama.attention.key_length": HEAD,
            "llama.attention.value_length": HEAD, "llama.attention.layer_norm_rms_epsilon": 1e-5,
            "llama.rope.dimension_count": HEAD, "llama.rope.freq_base": ROPE_BASE, "llama.vocab_size": VOCABULARY,
            "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "llama-bpe", "tokenizer.ggml.merges": [],
            "tokenizer.ggml.tokens": token_texts(),
            "tokenizer.ggml.token_type": [1] * TEXT + [3] * (VOCABULARY - TEXT),
            "tokenizer.ggml.bos_token_id": TEXT, "tokenizer.ggml.eos_token_id": TEXT + 9,
            "tokenizer.ggml.padding_token_id": CUSTOM + 7, "tokenizer.ggml.add_bos_token": True}


def tensor_shapes():
    """Names and shapes (a row is one output), in the order of generation and storage."""
    yield from {"token_embd": (VOCABULARY, WIDTH), "output_norm": (WIDTH,), "rope_freqs": (HEAD // 2,),
                "output": (VOCABULARY, WIDTH)}.items()
    for layer in range(LAYERS):
        block = {"attn_norm": (WIDTH,), "ffn_norm": (WIDTH,), "attn_q": (WIDTH, WIDTH),
                 "attn_k": (KV_HEADS * HEAD, WIDTH), "attn_v": (KV_HEADS * HEAD, WIDTH), "attn_output": (WIDTH, WIDTH),
                 "ffn_gate": (FEED_FORWARD, WIDTH), "ffn_up": (FEED_FORWARD, WIDTH), "ffn_down": (WIDTH, FEED_FORWARD)}
        yield from ((f"blk.{layer}.{name}", shape) for name, shape in block.items())


def rope_factors():
    """Llama-3's frequency scaling: factor 32, low 1, high 4, original context 8192."""
    turns = 8192.0 / (2 * np.pi * ROPE_BASE ** (np.arange(HEAD // 2) * 2 / HEAD))
    blend = np.clip((turns - 1) / 3, 0, 1)
    return (1 / ((1 - blend) / 32 + blend)).astype("<f4")


def draw(random, name, shape, slots):
    if name == "rope_freqs":
        return rope_factors()
    if len(shape) == 1:
        return (1 + 0.1 * random.standard_normal(shape)).astype("<f4")
    deviation = np.float32(0.05 if name == "token_embd" else 1 / np.sqrt(shape[1]))
    weights = (random.standard_normal(shape, dtype=np.float32) * deviation).astype("<f2")
    last_audio = AUDIO + 7 * CODEBOOK
    if name == "output":  # text tokens are never likely
        weights[:START_OF_SPEECH + 1] = weights[last_audio:] = 0
    if slots and name in ("token_embd", "output"):
        # Channels 0 to 6 contain the slot of the last token; the output matrix prefers the next slot.
        for slot in range(7):
            rows = slice(AUDIO + slot * CODEBOOK, AUDIO + (slot + 1) * CODEBOOK)
            weights[rows, slot if name == "token_embd" else (slot - 1) % 7] = 20 if name == "token_embd" else 2
        if name == "token_embd":
            weights[START_OF_SPEECH, 6] = 20
    return weights


def write(path, slots):
    values, shapes = metadata(), dict(tensor_shapes())
    header = struct.pack("<IIQQ", 0x46554747, 3, len(shapes), len(values))
    header += b"".join(text(key) + metadata_value(value) for key, value in values.items())
    offset = 0
    for name, shape in shapes.items():
        kind, width = (F32, 4) if len(shape) == 1 else (F16, 2)
        header += text(name + ".weight") + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape[::-1], kind, offset)
        offset += -(-int(np.prod(shape)) * width // ALIGNMENT) * ALIGNMENT
    random = np.random.default_rng(11)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    with open(unfinished, "wb") as file:
        file.write(header)
        for name, shape in shapes.items():
            file.write(bytes(-file.tell() % ALIGNMENT))
            file.write(draw(random, name, shape, slots).tobytes())
        file.write(bytes(-file.tell() % ALIGNMENT))
    os.replace(unfinished, path)


folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                      pathlib.Path(__file__).resolve().parent.parent / ".deps/golden-voice")
folder.mkdir(parents=True, exist_ok=True)
stamp, script = folder / ".stamp", hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
paths = {False: folder / "small.gguf", True: folder / "small-slots.gguf"}
if not (stamp.exists() and stamp.read_text() == script and all(path.exists() for path in paths.values())):
    for slots, path in paths.items():
        write(path, slots)
    stamp.write_text(script)
