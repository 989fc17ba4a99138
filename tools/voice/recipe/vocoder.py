"""Computes sound from speech parameters, like flite's vocoder: a pulse per period and noise, both through the filter that the
mel-cepstrum describes. The pitch is constant (codebooks.VOICED_HZ), so the sound is a linear function of the codes: the sum of
one template for each code.

    pulse   the filter's minimum-phase response, times the strength of voicing at each frequency
    noise   the unvoiced part: triangular bands of one white noise, with a gain for each
"""
import numpy as np

from .codebooks import VOICED_HZ
from .sizes import SAMPLE_RATE

SPEECH_RATE = 16000  # of the engine; there is no data above half of it
ALPHA, POSTFILTER = 0.42, 0.4  # how flite warps frequencies, and how far it deepens valleys between formants
STRENGTH_EDGES = np.array([0, 1000, 2000, 4000, 6000, 8000.0])  # of the bands in which the strength of voicing is given
NOISE_CENTRES = np.array([400, 1000, 1700, 2600, 3700, 5200, 7000.0])  # centre of each triangular band
BRIGHTER_HZ, BRIGHTER_DB = (1200, 2200), (0, 4)  # correction for flite's voicing filters, measured with its sound
PERIOD = round(SAMPLE_RATE / VOICED_HZ)
PULSE_BEGIN, PULSE_END = -96, 640  # samples around a pulse in which its response is kept

_SIZE = 2048  # of the Fourier transform
FREQUENCIES = np.fft.rfftfreq(_SIZE, 1 / SAMPLE_RATE)


def _cosines():
    """exp(−jmω̃) of the mel-cepstra m = 0 … 24 at FREQUENCIES, where ω̃ is the warped frequency."""
    w = 2 * np.pi * np.minimum(FREQUENCIES, SPEECH_RATE / 2) / SPEECH_RATE
    warped = w + 2 * np.arctan(ALPHA * np.sin(w) / (1 - ALPHA * np.cos(w)))
    return np.exp(-1j * np.outer(np.arange(25), warped))


_COSINES = _cosines()
_HEARD = FREQUENCIES <= SPEECH_RATE / 2
_TOP = np.clip((SPEECH_RATE / 2 - FREQUENCIES) / 500, 0, 1)
_SHAPE = _TOP * 10 ** (np.interp(FREQUENCIES, BRIGHTER_HZ, BRIGHTER_DB) / 20)


def tents():
    """→ [7, frequencies]: each band's share of each frequency; they add up to 1 where there is noise."""
    edges = np.concatenate([[-1.0], NOISE_CENTRES, [SPEECH_RATE / 2]])
    up = (FREQUENCIES - edges[:-2, None]) / np.diff(edges)[:-1, None]
    down = (edges[2:, None] - FREQUENCIES) / np.diff(edges)[1:, None]
    up[0] = 1.0
    down[-1] = np.clip((SPEECH_RATE / 2 - FREQUENCIES) / 500, 0, 1)
    return np.clip(np.minimum(up, down), 0, 1)


_TENTS = tents()


def filters(parameters):
    """[N, 31] → spectra [N, frequencies] of pulses and of noise, flite's units."""
    cepstra = parameters[:, 1:26].astype(float)
    sharper = cepstra.copy()
    sharper[:, 2:] *= 1 + POSTFILTER
    plain, sharp = np.exp(cepstra @ _COSINES), np.exp(sharper @ _COSINES)
    energy = lambda spectra: np.square(np.abs(spectra[:, _HEARD])).mean(1)
    sharp *= np.sqrt(energy(plain) / energy(sharp))[:, None] * _SHAPE
    middles = (STRENGTH_EDGES[1:] + STRENGTH_EDGES[:-1]) / 2
    strengths = np.stack([np.interp(FREQUENCIES, middles, row) for row in np.clip(parameters[:, 26:], 0, 1)])
    voiced = np.clip(parameters[:, :1] / VOICED_HZ, 0, 1)
    return sharp * strengths * voiced, np.abs(sharp) * (1 - strengths)  # noise has its strength where nothing is voiced, too


def pulses(spectra):
    """→ responses [N, PULSE_END − PULSE_BEGIN] at SAMPLE_RATE, of int16's size."""
    height = np.sqrt(SPEECH_RATE / VOICED_HZ) * SAMPLE_RATE / SPEECH_RATE
    whole = np.roll(np.fft.irfft(spectra, _SIZE), -PULSE_BEGIN, 1)[:, :PULSE_END - PULSE_BEGIN] * height
    whole[:, -128:] *= np.cos(np.linspace(0, np.pi / 2, 128)) ** 2
    whole[:, :32] *= np.sin(np.linspace(0, np.pi / 2, 32)) ** 2
    return whole


def gains(spectra):
    """→ [N, 7] of white noise of variance 1 at SAMPLE_RATE: the mean of what each tent holds, on a logarithmic scale."""
    weights = np.square(_TENTS) * (_TOP == 1)
    means = np.exp(np.log(np.abs(spectra) + 1e-3) @ weights.T / weights.sum(1))
    return means * np.sqrt(SAMPLE_RATE / SPEECH_RATE)
