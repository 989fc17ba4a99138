"""The codec, computed and not trained: a decoder with SNAC's structure whose weights contain the sounds of a codebook.

Speech at one pitch is the sum of one template for each code of the fine codebook (vocoder.py), and SNAC's decoder can add
templates exactly. The result is a SNAC checkpoint, config.json and pytorch_model.bin with the released tensor names, without
the encoder: the codes are computed from the engine's parameters.

    code → vector: a template of 16 blocks of 64 samples, and of the noise's 7 gains in each, by its principal components
    first block       the principal components: 64 channels for the samples of a block, 7 for the gains
    next three        samples in sequence (64 channels → 8 → 2 → 1); gains are interpolated linearly
    last block        noise times each gain; the residual units filter a band for each (noise_bank.py)
    last layer        adds everything

Every Snake has alpha 0, which makes it the identity.
"""
import json
import os

import numpy as np

from . import noise_bank, vocoder
from .codebooks import VOICED_HZ
from .sizes import FRAME_SAMPLES

BLOCKS, BLOCK = 16, 64            # of a template, and samples in each; a quarter is 8 of them
BLOCKS_BEFORE = 4                 # of a template, in front of its quarter
FIRST_PULSE = -2 * BLOCK          # from the quarter's begin; its parameters are those of the quarter's begin
NUM_BANDS = len(vocoder.NOISE_CENTRES)
NUM_CODEBOOKS, DILATIONS, KERNEL = 3, (1, 3, 9), 7
LOUDNESS = 1.4 / 32768            # int16's size → samples, with room below 1


def templates(sounds):
    """→ [K, BLOCKS, BLOCK + NUM_BANDS] of the codebook's sounds: samples and gains of each block."""
    count, sub_frames = sounds.parameters.shape[:2]
    pulses, noise = vocoder.filters(voiced_or_not(sounds.parameters).reshape(count * sub_frames, -1))
    responses = vocoder.pulses(pulses).reshape(count, sub_frames, -1)
    begin = BLOCKS_BEFORE * BLOCK + FIRST_PULSE
    samples = np.zeros((count, BLOCKS * BLOCK))
    for pulse, response in enumerate((responses[:, 0], responses[:, sub_frames // 2])):
        at = begin + pulse * vocoder.PERIOD + vocoder.PULSE_BEGIN
        length = min(response.shape[1], BLOCKS * BLOCK - at)
        samples[:, at:at + length] += response[:, :length]
    gains = np.zeros((count, BLOCKS, NUM_BANDS))
    blocks_each = FRAME_SAMPLES // 4 // BLOCK // sub_frames
    first = BLOCKS_BEFORE + (FIRST_PULSE - BLOCK) // BLOCK  # a sub-frame's middle is heard with its pulse
    gains[:, first:first + sub_frames * blocks_each] = np.repeat(
        vocoder.gains(noise).reshape(count, sub_frames, NUM_BANDS), blocks_each, 1)
    return np.concatenate([samples.reshape(count, BLOCKS, BLOCK), gains], 2) * LOUDNESS


def voiced_or_not(parameters):
    """A sound's F0 is the share of its members that are voiced; here it is heard as the most of them are."""
    whole = parameters.copy()
    whole[..., 0] = np.where(parameters[..., 0] > VOICED_HZ / 2, VOICED_HZ, 0)
    return whole


def principal(rows, count):
    """rows [K, N] → vectors [K, count] and components [count, N] whose product comes nearest."""
    gram = rows.T @ rows if rows.shape[0] >= rows.shape[1] else None
    if gram is not None:
        _, directions = np.linalg.eigh(gram)
        components = directions[:, ::-1][:, :count].T
    else:
        components = np.linalg.svd(rows, full_matrices=False)[2][:count]
    components = np.concatenate([components, np.zeros((count - len(components), rows.shape[1]))])
    vectors = rows @ components.T
    size = max(1e-12, np.abs(vectors).max())  # so that both fit into half precision
    return vectors / size, components * size


class Weights(dict):
    """A checkpoint: names of SNAC's to float32 arrays, convolutions as weight_norm keeps them."""

    def convolution(self, name, weight, num_biases=None):
        """num_biases: one for each output where it is not said."""
        norms = np.sqrt(np.square(weight.reshape(len(weight), -1)).sum(1)).reshape(-1, *[1] * (weight.ndim - 1))
        self[f"{name}.parametrizations.weight.original0"] = norms
        self[f"{name}.parametrizations.weight.original1"] = np.where(norms > 0, weight, 1.0)
        if num_biases != 0:
            self[f"{name}.bias"] = np.zeros(num_biases or len(weight))

    def snake(self, name, channels):
        self[f"{name}.alpha"] = np.zeros((1, channels, 1))

    def residual_unit(self, name, taps, kept):
        """taps [channels, KERNEL]; kept [channels]: 1 where what the taps hear is added, else 0."""
        channels = len(taps)
        self.snake(f"{name}.block.0", channels)
        self.convolution(f"{name}.block.1", taps[:, None, :])
        self.snake(f"{name}.block.2", channels)
        self.convolution(f"{name}.block.3", np.diag(kept)[:, :, None])


def identity(channels):
    taps = np.zeros((channels, KERNEL))
    taps[:, KERNEL // 2] = 1
    return taps


def tent(rate):
    """Taps of a transposed convolution of that stride that draws straight lines between what comes in."""
    return 1 - np.abs(np.arange(2 * rate) - (rate - 0.5)) / rate


def build(sounds, size):
    """→ config, Weights of a checkpoint for the sounds of codebooks.py."""
    config, weights = size.codec_config(), Weights()
    latent, width, rates = config["codebook_dim"], config["decoder_dim"], config["decoder_rates"]
    said = templates(sounds)
    vectors, components = principal(said.reshape(len(said), -1), min(latent, width))
    for number in range(NUM_CODEBOOKS):
        codebook = np.zeros((config["codebook_size"], latent))
        if number == NUM_CODEBOOKS - 1:
            codebook[:len(vectors), :vectors.shape[1]] = vectors
        weights[f"quantizer.quantizers.{number}.codebook.weight"] = codebook
        weights.convolution(f"quantizer.quantizers.{number}.out_proj", np.eye(latent)[:, :, None])
    weights.convolution("decoder.model.0", identity(latent)[:, None, :])
    weights.convolution("decoder.model.1", np.eye(width, latent)[:, :, None])

    components = components.reshape(-1, BLOCKS, BLOCK + NUM_BANDS)
    samples = BLOCK  # channels that hold samples, one behind the other
    for number, rate in enumerate(rates):
        name, half = f"decoder.model.{number + 2}.block", width // 2
        up = np.zeros((width, half, 2 * rate))
        if number == 0:
            up[:len(components), :samples + NUM_BANDS] = components.transpose(0, 2, 1)
        else:
            left = samples // rate
            for sample in range(samples):
                up[sample, sample % left, sample // left + rate // 2] = 1
            for band in range(NUM_BANDS):
                up[samples + band, left + band] = tent(rate)
            samples = left
        weights.snake(f"{name}.0", width)
        weights.convolution(f"{name}.1", up, num_biases=half)
        gains = slice(samples, samples + NUM_BANDS)
        noise = slice(samples + NUM_BANDS, samples + 2 * NUM_BANDS)
        to_noise, bands = np.zeros((half, half)), [np.zeros((half, KERNEL)) for _ in DILATIONS]
        kept, last = np.zeros(half), np.zeros((1, half, KERNEL))
        if number == len(rates) - 1:
            to_noise[noise, gains] = np.eye(NUM_BANDS)
            kept[noise] = 1
            last[0, 0, KERNEL // 2] = 1
            for band, taps in enumerate(noise_filters()):
                for unit, half_taps in zip(bands, taps):
                    unit[noise.start + band] = noise_bank.taps_of(half_taps)
                    unit[noise.start + band, KERNEL // 2] -= 1  # what a residual unit adds to
                last[0, noise.start + band] = noise_bank.taps_of(taps[-1])
        weights.convolution(f"{name}.2.linear", to_noise[:, :, None], num_biases=0)
        for unit, taps in enumerate(bands):
            weights.residual_unit(f"{name}.{unit + 3}", taps, kept)
        width = half
    weights.snake(f"decoder.model.{len(rates) + 2}", width)
    weights.convolution(f"decoder.model.{len(rates) + 3}", last)
    return config, weights


def noise_filters():
    thin = slice(None, None, 8)
    w = 2 * np.pi * vocoder.FREQUENCIES[thin] / vocoder.SAMPLE_RATE
    return [noise_bank.fit(target[thin], w) for target in vocoder.tents()]


def save(config, weights, folder):
    """As SNAC's checkpoints are distributed."""
    import torch

    from .budget import save_whole
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file, indent=2)
    save_whole({name: torch.from_numpy(np.ascontiguousarray(value, np.float32)) for name, value in weights.items()},
               os.path.join(folder, "pytorch_model.bin"))
