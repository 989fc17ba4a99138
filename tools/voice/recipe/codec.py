"""A codec of SNAC's topology at any width, whose checkpoint is one of SNAC's: config.json and pytorch_model.bin with the
released names, so SNAC's own loader and `orpheus convert codec` read it.

    samples [B, 1, T] → encoder → latents [B, D, T / 512] → three quantisers, at a quarter, half and all of that rate, each
    coding what those before it left → sum of their codes' vectors → decoder → samples

Runs on PyTorch 1.13 (CPU) and 2.x (CUDA).
"""
import json
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils import parametrize

from .budget import save_whole
from .quantiser import Quantiser
from .sizes import FRAME_SAMPLES

KERNEL, DILATIONS = 7, (1, 3, 9)


class WeightNorm(nn.Module):
    """weight = g · v / ‖v‖, the norm over all dimensions but the first; original0 is g, original1 is v."""

    def forward(self, g, v):
        return v * (g / self._norm(v))

    def right_inverse(self, weight):
        return self._norm(weight), weight

    @staticmethod
    def _norm(v):
        return v.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, *[1] * (v.dim() - 1))


def normed(layer):
    parametrize.register_parametrization(layer, "weight", WeightNorm(), unsafe=True)
    return layer


def channelwise(channels, dilation=1):
    """Seven taps for each channel by itself."""
    return normed(nn.Conv1d(channels, channels, KERNEL, padding=KERNEL // 2 * dilation, dilation=dilation,
                            groups=channels))


def pointwise(inputs, outputs, bias=True):
    return normed(nn.Conv1d(inputs, outputs, 1, bias=bias))


class Snake(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, x):
        return x + torch.sin(self.alpha * x).square() / (self.alpha + 1e-9)


class Block(nn.Module):
    """Layers in a row, below the name that the released checkpoints give them."""

    def __init__(self, *layers):
        super().__init__()
        self.block = nn.Sequential(*layers)

    def forward(self, x):
        return self.block(x)


class ResidualUnit(Block):
    def __init__(self, channels, dilation):
        super().__init__(Snake(channels), channelwise(channels, dilation), Snake(channels),
                         pointwise(channels, channels))

    def forward(self, x):
        return x + self.block(x)


class Noise(nn.Module):
    """One normal value per time step for all channels, each channel's share a linear view of the input."""

    def __init__(self, channels):
        super().__init__()
        self.linear = pointwise(channels, channels, bias=False)

    def forward(self, x):
        return x + torch.randn_like(x[:, :1]) * self.linear(x)


def residual_units(channels):
    return [ResidualUnit(channels, dilation) for dilation in DILATIONS]


class Encoder(nn.Module):
    def __init__(self, channels, rates):
        super().__init__()
        layers = [normed(nn.Conv1d(1, channels, KERNEL, padding=KERNEL // 2))]
        for rate in rates:
            down = normed(nn.Conv1d(channels, 2 * channels, 2 * rate, stride=rate, padding=(rate + 1) // 2))
            layers.append(Block(*residual_units(channels), Snake(channels), down))
            channels *= 2
        self.block = nn.Sequential(*layers, channelwise(channels))

    def forward(self, x):
        return self.block(x)


class Decoder(nn.Module):
    def __init__(self, latent, channels, rates):
        super().__init__()
        layers = [channelwise(latent), pointwise(latent, channels)]
        for rate in rates:
            half = channels // 2
            up = normed(nn.ConvTranspose1d(channels, half, 2 * rate, stride=rate, padding=(rate + 1) // 2,
                                           output_padding=rate % 2))
            layers.append(Block(Snake(channels), up, Noise(half), *residual_units(half)))
            channels = half
        last = normed(nn.Conv1d(channels, 1, KERNEL, padding=KERNEL // 2))
        self.model = nn.Sequential(*layers, Snake(channels), last, nn.Tanh())

    def forward(self, x):
        return self.model(x)


class QuantiserStack(nn.Module):
    def __init__(self, latent, config):
        super().__init__()
        self.quantizers = nn.ModuleList(
            Quantiser(pointwise(latent, config["codebook_dim"]), pointwise(config["codebook_dim"], latent),
                      config["codebook_size"], stride) for stride in config["vq_strides"])

    def forward(self, latents, mode):
        """→ quantised latents, codes (three [B, T / stride]), commitment (a scalar)."""
        total, codes, commitment = 0, [], 0
        for quantiser in self.quantizers:
            vectors, chosen, distance = quantiser(latents, mode)
            total, latents, commitment = total + vectors, latents - vectors, commitment + distance
            codes.append(chosen)
        return total, codes, commitment

    def vectors_of(self, codes):
        return sum(quantiser.vectors_of(chosen) for quantiser, chosen in zip(self.quantizers, codes))


class Codec(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = dict(config)
        latent = config["encoder_dim"] * 2 ** len(config["encoder_rates"])
        self.encoder = Encoder(config["encoder_dim"], config["encoder_rates"])
        self.quantizer = QuantiserStack(latent, config)
        self.decoder = Decoder(latent, config["decoder_dim"], config["decoder_rates"])

    def forward(self, samples, mode):
        """samples [B, 1, T], T whole frames → the same decoded, codes, commitment. mode: as Quantiser.forward."""
        vectors, codes, commitment = self.quantizer(self.encoder(samples), mode)
        return self.decoder(vectors), codes, commitment

    @torch.no_grad()
    def encode(self, samples):
        """samples [B, 1, T] of any length → codes [B, F], [B, 2F], [B, 4F]."""
        padded = F.pad(samples, (0, -samples.shape[-1] % FRAME_SAMPLES))
        return self.quantizer(self.encoder(padded), "use")[1]

    @torch.no_grad()
    def decode(self, codes):
        return self.decoder(self.quantizer.vectors_of(codes))


def save(codec, folder):
    """As SNAC's checkpoints are distributed."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(codec.config, file, indent=2)
    weights = {name: value.detach().float().cpu().contiguous().clone() for name, value in codec.state_dict().items()}
    save_whole(weights, os.path.join(folder, "pytorch_model.bin"))


def load(folder, device="cpu"):
    with open(os.path.join(folder, "config.json")) as file:
        codec = Codec(json.load(file))
    codec.load_state_dict(torch.load(os.path.join(folder, "pytorch_model.bin"), map_location="cpu"))
    return codec.to(device).eval()
