#!/usr/bin/env python3
"""Computes what SNAC's encoder makes of the golden clip in float64, with PyTorch (Debian's python3-torch).

    exact_encoder_latent.py tests/data/snac-tiny OUT.f32

Writes encoder_latent_exact.f32 of the tests: [channels][time], little-endian float32. Prints how far the reference's own
latent (encoder_latent.f32, made in float32) lies from it, and from what PyTorch makes in float32 on this machine.
"""
import json
import pathlib
import sys

import numpy
import torch
from torch.nn import functional


def latent(folder, kind):
    config = json.loads((folder / "config.json").read_text())
    state = {name: value.to(kind) for name, value in torch.load(folder / "pytorch_model.bin", map_location="cpu").items()}

    def convolve(x, name, **how):
        g, v = (state[f"{name}.parametrizations.weight.original{i}"] for i in (0, 1))
        weight = g * v / v.norm(2, dim=(1, 2), keepdim=True)
        return functional.conv1d(x, weight, state[name + ".bias"], **how)

    def snake(x, name):
        alpha = state[name + ".alpha"]
        return x + torch.sin(alpha * x) ** 2 / (alpha + 1e-9)

    clip = numpy.fromfile(folder / "clip.f32", "<f4")
    x = torch.from_numpy(clip).to(kind)[None, None]
    x = functional.pad(x, (0, -len(clip) % 2048))
    x = convolve(x, "encoder.block.0", padding=3)
    for index, stride in enumerate(config["encoder_rates"], start=1):
        block = f"encoder.block.{index}.block"
        for unit, dilation in enumerate((1, 3, 9)):
            name = f"{block}.{unit}.block"
            y = convolve(snake(x, name + ".0"), name + ".1", padding=3 * dilation, dilation=dilation, groups=x.shape[1])
            x = x + convolve(snake(y, name + ".2"), name + ".3")
        x = convolve(snake(x, block + ".3"), block + ".4", stride=stride, padding=(stride + 1) // 2)
    x = convolve(x, f"encoder.block.{len(config['encoder_rates']) + 1}", padding=3, groups=x.shape[1])
    return x[0].double().numpy()


def main():
    folder, output = map(pathlib.Path, sys.argv[1:])
    exact = latent(folder, torch.float64)
    exact.astype("<f4").tofile(output)
    reference = numpy.fromfile(folder / "encoder_latent.f32", "<f4").reshape(exact.shape)
    print(f"the reference lies {abs(reference - exact).max():.3g} from exact arithmetic,",
          f"{abs(reference - latent(folder, torch.float32)).max():.3g} from PyTorch's float32 here;",
          f"latents reach {abs(exact).max():.3g}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main()
