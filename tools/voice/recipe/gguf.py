"""A GGUF of architecture llama with the orpheus.* keys, from arrays: float16 or q8_0 matrices, float32 vectors.

Needs only NumPy, so that tests can write a voice without PyTorch.
"""
import os
import struct

import numpy as np

from . import tokens
from .sizes import MAX_WORDS

F32, F16, Q8_0 = 0, 1, 8  # ggml's tensor types
FILE_TYPES = {"f16": F16, "q8_0": Q8_0}
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}  # metadata's types
ALIGNMENT = 32
CHARACTERS_PER_SECOND = 15.0  # flite's speed, with pauses between sentences


def text(value):
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def metadata_value(value):
    """A value behind its GGUF type. Integers are u32; an empty list is one of strings."""
    if isinstance(value, str):
        return struct.pack("<I", 8) + text(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
    if isinstance(value, list):
        return struct.pack("<IIQ", 9, 5, len(value)) + np.asarray(value, "<i4").tobytes()
    return {bool: lambda: struct.pack("<I?", 7, value), int: lambda: struct.pack("<II", 4, value),
            float: lambda: struct.pack("<If", 6, value)}[type(value)]()


def metadata(config, name, kind, sampling):
    head_dim = config["width"] // config["heads"]
    texts = tokens.token_texts(config["codebook_size"])
    return {
        "general.architecture": "llama", "general.name": name, "general.languages": ["en"],
        "general.file_type": {"f16": 1, "q8_0": 7}[kind], "general.quantization_version": 2,
        "llama.block_count": config["layers"], "llama.context_length": config["context"],
        "llama.embedding_length": config["width"], "llama.feed_forward_length": config["feed_forward"],
        "llama.attention.head_count": config["heads"], "llama.attention.head_count_kv": config["kv_heads"],
        "llama.attention.key_length": head_dim, "llama.attention.value_length": head_dim,
        "llama.attention.layer_norm_rms_epsilon": config["rms_epsilon"], "llama.rope.dimension_count": head_dim,
        "llama.rope.freq_base": config["rope_base"], "llama.vocab_size": len(texts),
        "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "llama-bpe", "tokenizer.ggml.tokens": texts,
        "tokenizer.ggml.token_type": [1] * 256 + [3] * (len(texts) - 256), "tokenizer.ggml.merges": [],
        "tokenizer.ggml.bos_token_id": tokens.BEGIN_OF_TEXT, "tokenizer.ggml.eos_token_id": tokens.END_OF_SPEECH,
        "tokenizer.ggml.padding_token_id": tokens.PADDING, "tokenizer.ggml.add_bos_token": False,
        "orpheus.audio_token_base": tokens.AUDIO_BASE, "orpheus.codebook_size": config["codebook_size"],
        "orpheus.voices": [config["voice"]], "orpheus.max_words": MAX_WORDS, "orpheus.speaks_tags": False,
        "orpheus.characters_per_second": CHARACTERS_PER_SECOND,
        **({"orpheus.alignment_heads": config["alignment_heads"]} if "alignment_heads" in config else {}),
        **{f"orpheus.{key}": value for key, value in sampling.items()},
        **{f"orpheus.token.{key}": token for key, token in tokens.GGUF_KEYS.items()}}


def q8_0_blocks(matrix):
    """Along a row, 32 weights are a float16 scale and 32 signed bytes. → uint8 [blocks, 34]."""
    weights = matrix.reshape(-1, 32).astype(np.float32)
    scales = np.abs(weights).max(1) / 127
    inverse = np.divide(1, scales, out=np.zeros_like(scales), where=scales > 0)
    blocks = np.empty((len(weights), 34), np.uint8)
    blocks[:, :2] = scales.astype("<f2").view(np.uint8).reshape(-1, 2)
    blocks[:, 2:] = np.rint(weights * inverse[:, None]).astype(np.int8).view(np.uint8)
    return blocks


def stored(array, kind):
    """→ ggml's type and the bytes. Vectors stay float32."""
    if array.ndim == 1:
        return F32, array.astype("<f4").tobytes()
    return FILE_TYPES[kind], (array.astype("<f2") if kind == "f16" else q8_0_blocks(array)).tobytes()


def write_voice(path, config, weights, name, kind, sampling=None):
    """weights: {name of the tensor without .weight: array, a row being one output}; sampling: what the voice is spoken with,
    by the program's names of it. The file appears whole."""
    infos, blobs, offset = [], [], 0
    for tensor, array in weights.items():
        kind_of_tensor, blob = stored(array, kind)
        infos.append(text(tensor + ".weight") + struct.pack(f"<I{array.ndim}QIQ", array.ndim, *reversed(array.shape),
                                                            kind_of_tensor, offset))
        blobs.append(blob + bytes(-len(blob) % ALIGNMENT))
        offset += len(blobs[-1])
    fields = [text(key) + metadata_value(value) for key, value in metadata(config, name, kind, sampling or {}).items()]
    head = struct.pack("<IIQQ", 0x46554747, 3, len(infos), len(fields)) + b"".join(fields) + b"".join(infos)
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path + ".part", "wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT))
        file.writelines(blobs)
    os.replace(path + ".part", path)


def read_gguf(path):
    """→ metadata, weights {name of the tensor without .weight: float32 array}."""
    with open(path, "rb") as file:
        raw = file.read()
    at = 24
    _, _, num_tensors, num_fields = struct.unpack_from("<IIQQ", raw)

    def take(layout):
        nonlocal at
        values = struct.unpack_from("<" + layout, raw, at)
        at += struct.calcsize("<" + layout)
        return values if len(values) > 1 else values[0]

    def take_text():
        length = take("Q")
        return take(f"{length}s").decode()

    def take_value(kind):
        if kind == 8:
            return take_text()
        if kind == 9:
            of, count = take("IQ")
            return [take_value(of) for _ in range(count)]
        return take(SCALARS[kind])

    fields = {}
    for _ in range(num_fields):
        key = take_text()
        fields[key] = take_value(take("I"))
    infos = []
    for _ in range(num_tensors):
        name, rank = take_text(), take("I")
        shape = [take("Q") for _ in range(rank)]
        infos.append((name.removesuffix(".weight"), shape[::-1], *take("IQ")))
    begin = -(-at // ALIGNMENT) * ALIGNMENT
    return fields, {name: loaded(raw, begin + offset, shape, kind) for name, shape, kind, offset in infos}


def read_voice(path):
    """Reads a file of write_voice. → config, weights as in read_gguf."""
    fields, weights = read_gguf(path)
    config = {"width": fields["llama.embedding_length"], "layers": fields["llama.block_count"],
              "heads": fields["llama.attention.head_count"], "kv_heads": fields["llama.attention.head_count_kv"],
              "feed_forward": fields["llama.feed_forward_length"], "codebook_size": fields["orpheus.codebook_size"],
              "voice": fields["orpheus.voices"][0], "context": fields["llama.context_length"],
              "rope_base": fields["llama.rope.freq_base"],
              "rms_epsilon": fields["llama.attention.layer_norm_rms_epsilon"]}
    if "orpheus.alignment_heads" in fields:
        config["alignment_heads"] = [int(head) for head in fields["orpheus.alignment_heads"]]
    return config, weights


def loaded(raw, at, shape, kind):
    count = int(np.prod(shape))
    if kind != Q8_0:
        return np.frombuffer(raw, {F32: "<f4", F16: "<f2"}[kind], count, at).astype(np.float32).reshape(shape)
    blocks = np.frombuffer(raw, np.uint8, count // 32 * 34, at).reshape(-1, 34)
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    return (np.ascontiguousarray(blocks[:, 2:]).view(np.int8) * scales).reshape(shape)


def random_weights(config, seed=1):
    """An untrained voice of this shape, which babbles, for tests."""
    draws = np.random.default_rng(seed)
    width, feed_forward = config["width"], config["feed_forward"]
    kv_width = width // config["heads"] * config["kv_heads"]
    matrix = lambda outputs, inputs: draws.standard_normal((outputs, inputs), np.float32) / np.float32(inputs ** 0.5)
    weights = {"token_embd": matrix(tokens.vocabulary_size(config["codebook_size"]), width),
               "output_norm": np.ones(width, np.float32)}
    for layer in range(config["layers"]):
        shapes = {"attn_q": (width, width), "attn_k": (kv_width, width), "attn_v": (kv_width, width),
                  "attn_output": (width, width), "ffn_gate": (feed_forward, width), "ffn_up": (feed_forward, width),
                  "ffn_down": (width, feed_forward)}
        weights |= {f"blk.{layer}.{norm}": np.ones(width, np.float32) for norm in ("attn_norm", "ffn_norm")}
        weights |= {f"blk.{layer}.{name}": matrix(*shape) for name, shape in shapes.items()}
    return weights
