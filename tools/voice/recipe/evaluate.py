"""Speaks held-out sentences with the program and measures what a speech recogniser understands.

Three speakers say each sentence: the engine of the training data (`source`), the decoded training codes (`codec`, the best
possible result), and the voice.
"""
import itertools
import json
import os
import subprocess
import tempfile
import time
import wave

import numpy as np

from . import codes, shards, tokens
from .recogniser import Recogniser, num_errors, resampled, words
from .sizes import SAMPLE_RATE
from .vocoder import SPEECH_RATE

KEPT_SOUNDS = 10  # sounds of this many sentences are kept
RUNS_AWAY = "did not end a piece of the text"  # the program's message if it had to stop a piece


def run(program, *arguments):
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True)


def write_wav(path, samples):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def through_codec(program, codec, frames, folder):
    written, sound = os.path.join(folder, "codes.json"), os.path.join(folder, "codec.f32")
    with open(written, "w") as file:
        json.dump({f"c{i}": row.tolist() for i, row in enumerate(tokens.rows_of_frames(frames))}, file)
    run(program, "codec", "decode", "--codec", codec, written, "-o", sound, "--noise", "1")
    return np.fromfile(sound, np.float32)


def by_voice(program, voice_folder, text, folder):
    """→ samples, seconds that it took, whether it ran away."""
    sound = os.path.join(folder, "voice.f32")
    began = time.monotonic()
    done = run(program, "say", text, "--model", os.path.join(voice_folder, "lm.gguf"), "--codec",
               os.path.join(voice_folder, "codec.gguf"), "--seed", "1", "-o", sound)
    return np.fromfile(sound, np.float32), time.monotonic() - began, RUNS_AWAY in done.stderr


def spoken_samples(samples):
    """The samples from the first to the last that is louder than 1 % of the loudest, without the pauses around a sentence."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max(initial=0))
    return loud[-1] - loud[0] + 1 if len(loud) else 1


def evaluate(program, voice_folder, speech_folder, codes_folder, part, count, folder):
    """Writes folder/figures.json, folder/sentences.json and the first sounds; prints the figures."""
    os.makedirs(folder, exist_ok=True)
    recogniser, rows = Recogniser(), []
    codec = os.path.join(voice_folder, "codec.gguf")
    spoken = zip(shards.utterances(speech_folder, part), codes.read_codes(codes_folder, part, count)[1])
    for utterance, (text, frames, _, _) in itertools.islice(spoken, count):
        with tempfile.TemporaryDirectory() as scratch:
            if utterance.text != text:
                raise SystemExit(f"{codes_folder}: '{text}' stands where {speech_folder} has '{utterance.text}'; the step "
                                 "'codes' makes codes of the speech that is there")
            voice, took, ran_away = by_voice(program, voice_folder, text, scratch)
            speakers = {"voice": voice, "codec": through_codec(program, codec, frames, scratch)}
        if len(utterance.samples):
            speakers["source"] = resampled(utterance.samples / 32768, SPEECH_RATE, SAMPLE_RATE)
        heard = {speaker: recogniser.hear(samples) for speaker, samples in speakers.items()}
        compared = speakers.get("source", speakers["codec"])
        rows.append({"id": utterance.id, "text": text, "heard": heard, "words": len(words(text)),
                     "errors": {speaker: num_errors(words(text), words(said)) for speaker, said in heard.items()},
                     "length": spoken_samples(voice) / spoken_samples(compared), "ran_away": ran_away, "seconds": took,
                     "speech_seconds": len(voice) / SAMPLE_RATE})
        if len(rows) <= KEPT_SOUNDS:
            for speaker, samples in speakers.items():
                write_wav(os.path.join(folder, f"{len(rows):03d}-{speaker}.wav"), samples)
    if not rows:
        raise SystemExit(f"{speech_folder}: there is no {part} speech to compare with; the step 'speech' makes it")
    with open(os.path.join(folder, "sentences.json"), "w") as file:
        json.dump(rows, file, indent=1)
    figures = figures_of(rows)
    with open(os.path.join(folder, "figures.json"), "w") as file:
        json.dump(figures, file, indent=1)
    print(json.dumps(figures), flush=True)


def figures_of(rows):
    num_words, lengths = sum(row["words"] for row in rows), sorted(row["length"] for row in rows)
    return {"sentences": len(rows),
            "word_error_rate": {speaker: round(sum(row["errors"][speaker] for row in rows) / num_words, 4)
                                for speaker in rows[0]["errors"]},
            "length_against_source": {"least": round(lengths[0], 3), "median": round(lengths[len(lengths) // 2], 3),
                                      "most": round(lengths[-1], 3)},
            "lengths_outside_30_percent": sum(not 0.7 <= length <= 1.3 for length in lengths),
            "ran_away": sum(row["ran_away"] for row in rows),
            "seconds_per_second_of_speech": round(sum(row["seconds"] for row in rows)
                                                  / max(1e-9, sum(row["speech_seconds"] for row in rows)), 3)}
