"""Speech parameters of the sentences, from flite's voice rms: each sentence up to its mel-cepstra.

flite_parameters.c, compiled with Debian's flite1-dev, prints for each sentence the arrays of shards.py. Any engine that
gives a mel-cepstrum and the times of the phones can be used. The licence of flite and its voice is in the card's NOTICES.
"""
import concurrent.futures
import os
import shutil
import subprocess
import time

import numpy as np

from . import shards
from .sizes import PHONES

SOURCE = os.path.join(os.path.dirname(__file__), "flite_parameters.c")
LIBRARIES = ("flite_cmu_us_rms", "flite_usenglish", "flite_cmulex", "flite", "m")
PHONE_FIELDS = np.dtype([("name", "S8"), ("end", "<i4"), ("word", "<i4")])
NUM_PARAMETERS = 31  # per frame: F0, 25 mel-cepstra, 5 strengths of voicing


def compile_engine(folder):
    """→ path of the program in that folder, compiled where it is missing or older than its source."""
    program = os.path.join(folder, "flite_parameters")
    if os.path.exists(program) and os.path.getmtime(program) >= os.path.getmtime(SOURCE):
        return program
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler or not os.path.exists("/usr/include/flite/flite.h"):
        raise SystemExit("speech: a C compiler and flite's headers are needed (Debian: gcc libc6-dev flite1-dev)")
    os.makedirs(folder, exist_ok=True)
    part = f"{program}.{os.getpid()}"
    subprocess.run([compiler, "-O2", SOURCE, "-o", part, *(f"-l{name}" for name in LIBRARIES)], check=True)
    os.replace(part, program)
    return program


def speak(program, sentences, with_sound):
    """→ for each sentence: frames [F, 31], phones (PHONE_FIELDS), samples (int16, 16 kHz; empty without sound)."""
    done = subprocess.run([program, *(["--sound"] if with_sound else [])], stdout=subprocess.PIPE, check=True,
                          input=("\n".join(sentences) + "\n").encode())
    out, at, spoken = done.stdout, 0, []

    def take(kind, count):
        nonlocal at
        taken = np.frombuffer(out, kind, count, at)
        at += taken.nbytes
        return taken

    for sentence in sentences:
        num_frames, num_phones, num_words, num_samples = take("<i4", 4)
        if num_words != len(sentence.split()):
            raise SystemExit(f"speech: flite reads {num_words} words in '{sentence}', which has {len(sentence.split())}; a "
                             "sentence must be a line of at most 4,094 bytes, its words with blanks between them")
        frames = take("<f4", num_frames * NUM_PARAMETERS).reshape(num_frames, NUM_PARAMETERS)
        spoken.append((frames, take(PHONE_FIELDS, num_phones), take("<i2", num_samples)))
    return spoken


def make_shard(path, rows, program, with_sound):
    """Speaks rows (id, source, sentence) into one shard. → seconds of speech."""
    spoken = speak(program, [row[2] for row in rows], with_sound)
    phone_number = {name: i for i, name in enumerate(PHONES)}
    phones = [np.array([phone_number[name.decode()] for name in said[1]["name"]], np.uint8) for said in spoken]
    more = {"samples": np.concatenate([said[2] for said in spoken]),
            "sample_counts": np.array([len(said[2]) for said in spoken])} if with_sound else {}
    frames = np.concatenate([said[0] for said in spoken])
    shards.write_whole(
        path, ids=np.array([row[0] for row in rows]), texts=np.array([row[2] for row in rows]),
        frames=frames.astype(np.float16), frame_counts=np.array([len(said[0]) for said in spoken]),
        phones=np.concatenate(phones), phone_counts=np.array([len(said) for said in phones]),
        phone_ends=np.concatenate([said[1]["end"] for said in spoken]).astype(np.int32),
        phone_words=np.concatenate([said[1]["word"] for said in spoken]).astype(np.int16), **more)
    return len(frames) * shards.FRAME_SECONDS


def read_rows(path):
    with open(path) as file:
        return [line.rstrip("\n").split("\t") for line in file]


def synthesise(sentence_folder, folder, engine_folder, jobs, per_shard, minutes, max_shards=None):
    """Speaks train.tsv and held-out.tsv into shards, first held-out with its sound, until all is done or the minutes are
    over."""
    program, work = compile_engine(engine_folder), []
    for part in ("held-out", "train"):
        rows = read_rows(os.path.join(sentence_folder, part + ".tsv"))
        starts = range(0, len(rows), per_shard)[:max_shards]
        work += [(os.path.join(folder, f"{part}-{i // per_shard:05d}.npz"), rows[i:i + per_shard], program,
                  part == "held-out") for i in starts]
    missing = [job for job in work if not os.path.exists(job[0])]
    began, seconds = time.monotonic(), 0.0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting, running = iter(missing), set()
        while True:
            while len(running) < jobs and time.monotonic() - began < minutes * 60 and (job := next(waiting, None)):
                running.add(pool.submit(make_shard, *job))
            if not running:
                break
            done, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            seconds += sum(job.result() for job in done)
    there = sum(os.path.exists(job[0]) for job in work)
    took = max(1e-9, time.monotonic() - began)
    print(f"speech: {there} of {len(work)} shards; {seconds / 3600:.3f} h made now, {seconds / took:.1f} × real time",
          flush=True)
