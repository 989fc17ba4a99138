#!/usr/bin/env python3
"""Writes the Hugging Face checkpoint of which a float16 GGUF of architecture llama could have been made.

    make_checkpoint_of_gguf.py small.gguf FOLDER [--dtype F16|F32] [--parts N]
    orpheus convert lm FOLDER -o again.gguf

Shares no code with the program: the same network must come back. Needs numpy.
"""
import argparse
import json
import pathlib
import re
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "voice"))
from recipe.gguf import read_gguf  # noqa: E402

NAMES = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}
OUTER = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def halves_apart(rows, num_heads):
    """Rows whose rope turns neighbours to rows whose rope turns the halves of a head."""
    dim = rows.shape[0] // num_heads
    return rows.reshape(num_heads, dim // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape)


def checkpoint_tensors(metadata, weights):
    heads = {"attn_q": metadata["llama.attention.head_count"], "attn_k": metadata["llama.attention.head_count_kv"]}
    for name, values in weights.items():
        found = re.fullmatch(r"blk\.(\d+)\.(\w+)", name)
        if found:
            if found[2] in heads:
                values = halves_apart(values, heads[found[2]])
            yield f"model.layers.{found[1]}.{NAMES[found[2]]}.weight", values
        elif name != "rope_freqs":
            yield f"{OUTER[name]}.weight", values


def write_part(path, tensors, dtype):
    header, offset = {}, 0
    blobs = [values.astype({"F16": "<f2", "F32": "<f4"}[dtype]).tobytes() for _, values in tensors]
    for (name, values), blob in zip(tensors, blobs):
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--dtype", choices=["F16", "F32"], default="F16")
    parser.add_argument("--parts", type=int, default=3)
    options = parser.parse_args()
    metadata, weights = read_gguf(options.gguf)
    options.folder.mkdir(parents=True, exist_ok=True)
    keys = {key.removeprefix("llama."): value for key, value in metadata.items()}
    tensors = list(checkpoint_tensors(metadata, weights))
    tied = all(name != "lm_head.weight" for name, _ in tensors)
    config = {
        "model_type": "llama", "hidden_act": "silu", "num_hidden_layers": keys["block_count"],
        "hidden_size": keys["embedding_length"], "intermediate_size": keys["feed_forward_length"],
        "num_attention_heads": keys["attention.head_count"], "num_key_value_heads": keys["attention.head_count_kv"],
        "head_dim": keys["attention.key_length"], "max_position_embeddings": keys["context_length"],
        "vocab_size": len(keys["tokenizer.ggml.tokens"]), "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
        "rope_scaling": {"factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                         "original_max_position_embeddings": 8192, "rope_type": "llama3"},
        "tie_word_embeddings": tied, "bos_token_id": 128000, "eos_token_id": [128001, 128009],
    }
    (options.folder / "config.json").write_text(json.dumps(config))
    kinds = keys["tokenizer.ggml.token_type"]
    texts = keys["tokenizer.ggml.tokens"]
    tokenizer = {
        "model": {"type": "BPE", "vocab": {text: i for i, text in enumerate(texts) if kinds[i] == 1},
                  "merges": keys["tokenizer.ggml.merges"]},
        "added_tokens": [{"id": i, "content": text, "special": True} for i, text in enumerate(texts) if kinds[i] == 3],
    }
    (options.folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    if options.parts == 1:
        write_part(options.folder / "model.safetensors", tensors, options.dtype)
        return
    places = {}
    for part in range(options.parts):
        name = f"model-{part + 1:05}-of-{options.parts:05}.safetensors"
        write_part(options.folder / name, tensors[part::options.parts], options.dtype)
        places.update({tensor: name for tensor, _ in tensors[part::options.parts]})
    (options.folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))


main()
