#!/usr/bin/python3
"""How exact the times of words are: those of `orpheus say --words` against a recogniser's.

    bench/word_times.py [--count 60] [--orpheus build/release/orpheus] [--work build/voice]

The small voice speaks held-out sentences (source_speech.py). pocketsphinx (Debian: python3-pocketsphinx, pocketsphinx-en-us) aligns the
sound with a grammar of the sentence's own words. Sentences that it cannot align are left out. Limits: the median error of word starts
is at most 60 ms, 90 % are within 150 ms. `--source` measures codes of the source's speech with `orpheus align` instead, against
the times that flite gave them: median 45 ms.
"""
import argparse
import json
import os
import re
import subprocess
import tempfile
import wave

import numpy as np

from source_speech import HALF_FRAME_SECONDS, codes_json, held_out, held_out_sentences
from recipe.recogniser import HEARD_RATE, MODEL, resampled

SAMPLE_RATE = 24000
LEAD = 4800  # samples of noise before the sound, for the recogniser


class Aligner:
    def __init__(self):
        from pocketsphinx import Decoder
        config = Decoder.default_config()
        config.set_string("-hmm", os.path.join(MODEL, "en-us"))
        config.set_string("-dict", os.path.join(MODEL, "cmudict-en-us.dict"))
        config.set_boolean("-remove_silence", False)  # else the times do not count it
        config.set_string("-logfn", "/dev/null")
        self._decoder = Decoder(config)

    def starts(self, samples, words):
        """Float samples at 24 kHz → seconds at which each word begins, or None."""
        self._decoder.set_jsgf_string("words", f"#JSGF V1.0; grammar words; public <all> = {' '.join(words)};")
        self._decoder.set_search("words")
        heard = resampled(np.asarray(samples, np.float64), SAMPLE_RATE, HEARD_RATE)
        hiss = np.random.default_rng(0).standard_normal(LEAD) * 1e-3
        heard = np.concatenate([hiss, heard / max(1e-4, np.abs(heard).max()) * 0.6, hiss])
        self._decoder.start_utt()
        self._decoder.process_raw((heard * 32767).astype("<i2").tobytes(), False, True)
        self._decoder.end_utt()
        if not self._decoder.hyp():
            return None
        found = [(re.sub(r"\(\d+\)$", "", segment.word), segment.start_frame) for segment in self._decoder.seg()]
        found = [(word, start) for word, start in found if not re.match(r"[<\[+(]", word)]
        if [word for word, _ in found] != words:
            return None
        return [start / 100 - LEAD / HEARD_RATE for _, start in found]


def say(options, text, folder):
    sound, words = os.path.join(folder, "said.wav"), os.path.join(folder, "words.json")
    subprocess.run([options.orpheus, "say", text, "--model", options.model, "--codec", options.codec, "--seed", "1", "-o", sound,
                    "--words", words, "--quiet"], check=True, capture_output=True)
    with wave.open(sound) as file, open(words) as json_file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        return samples, json.load(json_file)


def against_recogniser(options):
    aligner = Aligner()
    for text in held_out_sentences(options.work)[:options.count]:
        with tempfile.TemporaryDirectory() as folder:
            samples, told = say(options, text, folder)
        words = [word["word"].lower() for word in told]
        try:
            starts = aligner.starts(samples, words)
        except RuntimeError:  # a word that its dictionary lacks
            starts = None
        yield None if starts is None else [(word["word"], word["start"], start) for word, start in zip(told, starts)]


def against_source(options):
    for utterance in held_out(options.work)[:options.count]:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "codes.json")
            with open(path, "w") as file:
                json.dump(codes_json(utterance.frames), file)
            done = subprocess.run([options.orpheus, "align", path, "--text", utterance.text, "--model", options.model,
                                   "--codec", options.codec], check=True, capture_output=True, text=True)
        told = json.loads(done.stdout)
        starts = [np.flatnonzero(utterance.words == word)[0] * HALF_FRAME_SECONDS if (utterance.words == word).any() else None
                  for word in range(len(utterance.text.split()))]
        if len(starts) != len(told):
            yield None
            continue
        yield [(word["word"], word["start"], start) for word, start in zip(told, starts) if start is not None]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orpheus", default="build/release/orpheus")
    parser.add_argument("--model", default="voices/small/lm.gguf")
    parser.add_argument("--codec", default="voices/small/codec.gguf")
    parser.add_argument("--work", default="build/voice")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--source", action="store_true", help="codes of the source instead of the voice")
    parser.add_argument("--tell", action="store_true", help="print words that are off by more than 150 ms")
    options = parser.parse_args()
    errors, num_left_out = [], 0
    for words in (against_source if options.source else against_recogniser)(options):
        if words is None:
            num_left_out += 1
            continue
        errors += [told - start for _, told, start in words]
        if options.tell:
            print(*(f"{word} {told:.2f} {start:.2f};" for word, told, start in words if abs(told - start) > 0.15))
    off = np.abs(errors)
    print(f"{len(off)} words; {num_left_out} sentences left out; median {1000 * np.median(off):.0f} ms, 90 % within "
          f"{1000 * np.quantile(off, 0.9):.0f} ms; mean {1000 * np.mean(errors):+.0f} ms")
    raise SystemExit(0 if np.median(off) <= (0.045 if options.source else 0.06) and np.quantile(off, 0.9) <= 0.15 else 1)


if __name__ == "__main__":
    main()
