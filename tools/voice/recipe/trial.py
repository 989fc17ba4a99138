"""A minute before a long training: whether this machine has what it takes, at full size.

It makes up a little speech of tones, trains both networks for some steps with everything switched on (the critics,
bfloat16), goes on from the checkpoints, and says how long a step takes and how much memory. A CPU tries small batches of
the same networks: that shows whether bfloat16 stays finite, not how fast a GPU is.
"""
import dataclasses
import os
import shutil
import time

import torch

from . import codes, sentences, speech, train_codec, train_language_model
from .budget import chosen_device


def try_training(size, folder, bfloat16=True, steps=6):
    if chosen_device() == "cpu":
        size = dataclasses.replace(size, codec_batch=2, codec_frames=6, lm_tokens=2000)
    shutil.rmtree(folder, ignore_errors=True)
    paths = {name: os.path.join(folder, name) for name in ("sentences", "speech", "codec", "codes", "model")}
    rows = [("trial", sentence) for sentence in sentences.BY_HEART]
    for part in ("train", "held-out"):
        sentences.write_rows(paths["sentences"], part, rows)
    speech.synthesise(paths["sentences"], paths["speech"], "tones", 1, 5, 1)

    def codec_trainer():
        return train_codec.Trainer(size, paths["speech"], paths["codec"], 60, 60, critics_from=0.0, bfloat16=bfloat16)

    trainer = codec_trainer()
    trainer.learn()  # unquantised
    trainer.step = size.codec_open_steps
    report("codec, critics on", trainer, steps)
    trainer.save()
    if codec_trainer().step != trainer.step:
        raise SystemExit("trial: the codec's training does not go on from its checkpoint")
    del trainer

    codes.encode_corpus(paths["speech"], os.path.join(paths["codec"], "codec"), paths["codes"])

    def model_trainer():
        return train_language_model.Trainer(size, "trial", paths["codes"], paths["model"], 60, 60, bfloat16=bfloat16)

    trainer = model_trainer()
    full_batch(trainer)
    report("language model", trainer, steps)
    trainer.save()
    if model_trainer().step != trainer.step:
        raise SystemExit("trial: the language model's training does not go on from its checkpoint")
    print("trial: every loss was finite, and both trainings go on from their checkpoints", flush=True)


def full_batch(trainer):
    """Repeats the few utterances until a batch is as large as in earnest."""
    pairs, times = trainer.pairs, -(-trainer.size.lm_tokens // max(1, trainer.pairs.num_tokens()))
    for values in (pairs.texts, pairs.speeches, pairs.lengths, pairs.words):
        values[:] = values * times
    batches = trainer.batches()
    learn = trainer.learn
    trainer.learn = lambda: {"loss": learn(*next(batches))}


def report(name, trainer, steps):
    began, losses = None, {}
    for step in range(steps):
        if step == 2:  # the first ones choose kernels and take memory
            wait_for_device()
            began = time.monotonic()
        losses = trainer.learn()
        broken = [part for part, loss in losses.items() if not bool(torch.isfinite(loss))]
        if broken:
            raise SystemExit(f"trial: {name}: no finite {', '.join(broken)} at step {step}")
    wait_for_device()
    seconds = (time.monotonic() - began) / (steps - 2)
    memory = torch.cuda.max_memory_allocated() / 1e9 if chosen_device() == "cuda" else 0
    shown = ", ".join(f"{part} {float(loss):.3f}" for part, loss in losses.items())
    print(f"trial: {name}: {seconds:.3f} s a step" + (f", {memory:.1f} GB of GPU memory" if memory else "") + f"; {shown}",
          flush=True)


def wait_for_device():
    if chosen_device() == "cuda":
        torch.cuda.synchronize()
