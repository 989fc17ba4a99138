#!/usr/bin/env python3
"""Turns what `llama-quantize --dry-run` printed into tests/data/weight-mixes/llama-cpp.txt.

    for type in Q8_0 Q4_K_M …; do llama-quantize --dry-run l28.gguf x.gguf $type > l28-$type.log; done
    list_weight_mixes.py l28-*.log l16-*.log … > llama-cpp.txt

A line is: model, mix, tensor ("blk.*" for those of the layers), type, and of layers' tensors the layers.
"""
import collections
import pathlib
import re
import sys

TENSOR = re.compile(r"\[ *\d+/ *\d+\] +(\S+) +- \[.*\], type = +(\w+), size = [^(\n]*(?:\((\w+)\))?")


def main():
    for path in sorted(map(pathlib.Path, sys.argv[1:])):
        model, mix = path.stem.split("-", 1)
        layers = collections.defaultdict(list)
        for name, before, after in TENSOR.findall(path.read_text(errors="replace")):
            found = re.fullmatch(r"blk\.(\d+)\.(.*)", name)
            tensor = f"blk.*.{found[2]}" if found else name
            layers[tensor, (after or before).lower()].append(found[1] if found else "-")
        for (tensor, kind), which in layers.items():
            print(model, mix.lower(), tensor, kind, ",".join(sorted(which, key=lambda n: int(n) if n != "-" else 0)))


if __name__ == "__main__":
    main()
