"""The training speech: every sentence spoken by a free engine.

`festival` is Debian's festival with CMU ARCTIC slt as HTS learnt it (festvox-us-slt-hts, 32 kHz; free use and
redistribution with the notices kept: voices/small/NOTICES). `tones` is no speech at all but a tune of the letters, which
stands in where a test has no engine.

A shard that is there already is skipped, so a synthesis that was stopped goes on where it was.
"""
import concurrent.futures
import os
import re
import shutil
import subprocess
import tempfile
import time

import numpy as np

from . import shards
from .sizes import SAMPLE_RATE

FESTIVAL_VOICE = "cmu_us_slt_arctic_hts"
MAX_SECONDS = 14


# ---- engines: sentences to a list of float arrays at SAMPLE_RATE, None where one was not spoken

def festival_command(bundle):
    """The program of the system, or the one that pack() put into a folder, run by its own loader."""
    if not bundle:
        return ["festival"], {}
    bundle = os.path.abspath(bundle)
    share = os.path.join(bundle, "share")
    loader = [os.path.join(bundle, "lib", "ld-linux-x86-64.so.2"), "--library-path", os.path.join(bundle, "lib")]
    return [*loader, os.path.join(bundle, "festival"), "--libdir", share], {"FESTIVALLIB": share}


def speak_by_festival(sentences, bundle=None):
    with tempfile.TemporaryDirectory() as folder:
        script = [f"(voice_{FESTIVAL_VOICE})"]
        for i, sentence in enumerate(sentences):
            quoted = sentence.replace("\\", "").replace('"', "")
            script.append(f'(let ((u (utt.synth (Utterance Text "{quoted}"))))'
                          f' (utt.wave.resample u {SAMPLE_RATE}) (utt.save.wave u "{folder}/{i}.raw" "raw"))')
        path = os.path.join(folder, "speak.scm")
        with open(path, "w") as file:
            file.write("\n".join(script))
        command, environment = festival_command(bundle)
        subprocess.run([*command, "-b", path], env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        return [read_raw(f"{folder}/{i}.raw") for i in range(len(sentences))]


def read_raw(path):
    if not os.path.exists(path):
        return None
    return np.fromfile(path, "<i2").astype(np.float32) / 32768


def sing_letters(sentences, bundle=None):
    """A tenth of a second for each letter: its own pitch, with harmonics and a soft beginning and end."""
    del bundle
    length = SAMPLE_RATE // 10
    time_s = np.arange(length) / SAMPLE_RATE
    shape = np.sin(np.pi * np.arange(length) / length) ** 0.5
    tones = {}
    for i, letter in enumerate("abcdefghijklmnopqrstuvwxyz"):
        hz = 110 * 2 ** (i / 8)
        tones[letter] = sum(np.sin(2 * np.pi * hz * k * time_s) / k for k in (1, 2, 3)) * shape
    rest = np.zeros(length)
    return [np.concatenate([tones.get(c, rest) for c in sentence.lower()]).astype(np.float32) for sentence in sentences]


ENGINES = {"festival": speak_by_festival, "tones": sing_letters}


# ---- utterances

def trim(samples, before_s=0.06, after_s=0.10, floor_db=-42):
    """Without the silence at both ends but for a short rest, the edges faded."""
    window = SAMPLE_RATE // 100
    count = len(samples) // window
    loudness = np.sqrt(np.square(samples[:count * window]).reshape(count, window).mean(1) + 1e-12)
    loud = np.flatnonzero(20 * np.log10(loudness / loudness.max()) > floor_db)
    begin = max(0, loud[0] * window - int(before_s * SAMPLE_RATE))
    end = min(len(samples), (loud[-1] + 1) * window + int(after_s * SAMPLE_RATE))
    kept, fade = samples[begin:end].copy(), SAMPLE_RATE // 200
    kept[:fade] *= np.linspace(0, 1, fade)
    kept[-fade:] *= np.linspace(1, 0, fade)
    return kept


def as_utterance(samples):
    """int16 at one loudness for all, or None for what cannot be used."""
    if samples is None or len(samples) < SAMPLE_RATE // 4 or not np.abs(samples).max() > 0.001:
        return None
    samples = trim(samples)
    if len(samples) > MAX_SECONDS * SAMPLE_RATE:
        return None
    samples = samples * (0.12 / np.sqrt(np.square(samples).mean()))
    samples *= min(1.0, 0.98 / np.abs(samples).max())
    return (samples * 32767).astype(np.int16)


def make_shard(path, rows, engine, bundle):
    """Speaks rows (id, source, sentence) into one shard. → seconds."""
    spoken = [as_utterance(samples) for samples in ENGINES[engine]([row[2] for row in rows], bundle)]
    kept = [(row, samples) for row, samples in zip(rows, spoken) if samples is not None]
    if not kept:
        raise RuntimeError(f"{engine} spoke none of {len(rows)} sentences; is the engine installed?")
    lengths = np.array([len(samples) for _, samples in kept])
    shards.write_whole(path, samples=np.concatenate([samples for _, samples in kept]), lengths=lengths,
                       ids=np.array([row[0] for row, _ in kept]), texts=np.array([row[2] for row, _ in kept]))
    return lengths.sum() / SAMPLE_RATE


def read_rows(path):
    with open(path) as file:
        return [line.rstrip("\n").split("\t") for line in file]


def synthesise(sentence_folder, folder, engine, jobs, per_shard, minutes, bundle=None, max_shards=None):
    """Speaks train.tsv and held-out.tsv into shards, held-out first, until all is spoken or the minutes are over."""
    work = []
    for part in ("held-out", "train"):
        rows = read_rows(os.path.join(sentence_folder, part + ".tsv"))
        starts = range(0, len(rows), per_shard)[:max_shards]
        work += [(os.path.join(folder, f"{part}-{i // per_shard:05d}.npz"), rows[i:i + per_shard]) for i in starts]
    missing = [(path, rows) for path, rows in work if not os.path.exists(path)]
    began, seconds = time.monotonic(), 0.0
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        waiting = iter(missing)
        running = set()
        while True:
            while len(running) < jobs and time.monotonic() - began < minutes * 60 and (job := next(waiting, None)):
                running.add(pool.submit(make_shard, *job, engine, bundle))
            if not running:
                break
            done, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            seconds += sum(job.result() for job in done)
    there = sum(os.path.exists(path) for path, _ in work)
    took = max(1e-9, time.monotonic() - began)
    print(f"speech: {there} of {len(work)} shards; {seconds / 3600:.3f} h made now, {seconds / took:.1f} × real time",
          flush=True)


def pack(folder):
    """Festival, its voice and its libraries in a folder that another Linux machine of this processor can run (30 MB)."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "lib"))
    shutil.copy(shutil.which("festival"), folder)
    listed = subprocess.run(["ldd", shutil.which("festival")], capture_output=True, text=True, check=True).stdout
    for library in re.findall(r"(/\S+) \(0x", listed):
        shutil.copy(os.path.realpath(library), os.path.join(folder, "lib", os.path.basename(library)))
    unneeded = shutil.ignore_patterns("english", "examples")
    shutil.copytree("/usr/share/festival", os.path.join(folder, "share"), ignore=unneeded,
                    ignore_dangling_symlinks=True)
    with open(os.path.join(folder, "share", "siteinit.scm"), "w"):
        pass  # the system's own names voices that are not packed
    shutil.copy("/usr/share/doc/festvox-us-slt-hts/copyright", os.path.join(folder, "COPYRIGHT.festvox-us-slt-hts"))
    shutil.copy("/usr/share/doc/festival/copyright", os.path.join(folder, "COPYRIGHT.festival"))
