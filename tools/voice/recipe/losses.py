"""What a codec's output is judged by: log-mel distances at several window sizes, and critics that learn to tell it from
speech (least squares, with feature matching)."""
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from .codec import normed
from .sizes import SAMPLE_RATE


def mel_bank(window, bands):
    """[bands, window / 2 + 1]; each band's weights sum to 1."""
    to_hz = lambda mel: 700 * (10 ** (mel / 2595) - 1)
    edges = to_hz(np.linspace(0, 2595 * math.log10(1 + SAMPLE_RATE / 2 / 700), bands + 2))
    hz = np.linspace(0, SAMPLE_RATE / 2, window // 2 + 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    weights = np.maximum(0, np.minimum((hz - low) / (middle - low), (high - hz) / (high - middle)))
    return torch.from_numpy((weights / np.maximum(1e-9, weights.sum(1, keepdims=True))).astype(np.float32))


class MelDistance(nn.Module):
    """0 where both sound alike. scales: (window in samples, bands)."""

    def __init__(self, scales):
        super().__init__()
        self.windows = [window for window, _ in scales]
        for window, bands in scales:
            self.register_buffer(f"bank_{window}", mel_bank(window, bands))
            self.register_buffer(f"hann_{window}", torch.hann_window(window))

    def _mel(self, samples, window):
        spectrum = torch.stft(samples.squeeze(1).float(), window, window // 4, window, getattr(self, f"hann_{window}"),
                              return_complex=True)
        magnitude = torch.sqrt(spectrum.real.square() + spectrum.imag.square() + 1e-9) / window
        return getattr(self, f"bank_{window}") @ magnitude

    def forward(self, made, wanted):
        total = 0
        for window in self.windows:
            a, b = self._mel(made, window), self._mel(wanted, window)
            total = total + (a.clamp_min(2e-6).log10() - b.clamp_min(2e-6).log10()).abs().mean()
            total = total + 20 * (a - b).abs().mean()
        return total / len(self.windows)


class _Critic(nn.Module):
    def judge(self, x):
        """→ verdict, the features on the way to it."""
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            features.append(x)
        return self.verdict(x), features


class PeriodCritic(_Critic):
    """Looks at every period-th sample side by side."""

    def __init__(self, period, width):
        super().__init__()
        self.period = period
        sizes = [1, width, 2 * width, 4 * width, 8 * width, 8 * width]
        self.layers = nn.ModuleList(
            normed(nn.Conv2d(sizes[i], sizes[i + 1], (5, 1), (3 if i < 4 else 1, 1), (2, 0))) for i in range(5))
        self.verdict = normed(nn.Conv2d(sizes[-1], 1, (3, 1), 1, (1, 0)))

    def forward(self, samples):
        samples = F.pad(samples, (0, -samples.shape[-1] % self.period), mode="reflect")
        return self.judge(samples.view(samples.shape[0], 1, -1, self.period))


class SpectrumCritic(_Critic):
    """Looks at the complex spectrum, [time, frequency]."""

    def __init__(self, window, width):
        super().__init__()
        self.window = window
        self.register_buffer("hann", torch.hann_window(window))
        layers = [nn.Conv2d(2, width, (3, 9), padding=(1, 4))]
        layers += [nn.Conv2d(width, width, (3, 9), (1, 2), (d, 4), (d, 1)) for d in (1, 2, 4)]
        self.layers = nn.ModuleList(normed(layer) for layer in [*layers, nn.Conv2d(width, width, 3, padding=1)])
        self.verdict = normed(nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, samples):
        spectrum = torch.stft(samples.squeeze(1).float(), self.window, self.window // 4, self.window, self.hann,
                              return_complex=True)
        parts = torch.stack([spectrum.real, spectrum.imag], 1).transpose(2, 3)
        return self.judge(parts * 4 / math.sqrt(self.window))


class Critics(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.all = nn.ModuleList([*(PeriodCritic(period, width) for period in (2, 3, 5, 7, 11)),
                                  *(SpectrumCritic(window, 2 * width) for window in (2048, 1024, 512))])

    def forward(self, samples):
        return [critic(samples) for critic in self.all]

    def of_both(self, wanted, made):
        """Judges both at once. → [(verdict, features) of the wanted], the same of the made."""
        judged, count = self(torch.cat([wanted, made])), len(wanted)
        part = lambda rows: [(verdict[rows], [f[rows] for f in features]) for verdict, features in judged]
        return part(slice(0, count)), part(slice(count, None))


def critics_loss(wanted, made):
    """How badly the critics tell them apart: 0 where the wanted gets 1 and the made 0."""
    return sum((1 - w.float()).square().mean() + m.float().square().mean()
               for (w, _), (m, _) in zip(wanted, made)) / len(wanted)


def convincing_loss(made):
    return sum((1 - verdict.float()).square().mean() for verdict, _ in made) / len(made)


def feature_loss(wanted, made):
    """Distance of what the critics see in both, relative to its size."""
    total, count = 0, 0
    for (_, real_features), (_, features) in zip(wanted, made):
        for real, feature in zip(real_features, features):
            real = real.detach().float()
            total = total + (feature.float() - real).abs().mean() / (real.abs().mean() + 1e-3)
            count += 1
    return total / count
