#!/usr/bin/python3
"""Makes the small voice, step by step; README.md beside this file tells the way.

    make_voice.py [--work FOLDER] [--size base] STEP...

Steps, in their order:
    sentences   what will be spoken: FOLDER/sentences/{train,held-out}.tsv
    pack        the speech engine in FOLDER/engine, for a machine without it (only where one is to be carried)
    speech      the sentences spoken: FOLDER/speech/*.npz
    codec       the codec learns: FOLDER/codec/codec is a SNAC checkpoint
    codes       the speech as codes: FOLDER/codes/*.npz
    model       the language model learns: FOLDER/model/model.pt
    export      FOLDER/voice/{lm,codec}.gguf
    evaluate    FOLDER/evaluation/figures.json: word errors, lengths, runaways, speed

and beside them:
    trial       before a long training: a minute of each, at full size, on the device that will train
    smoke       all steps in about a minute, on speech that is no speech

Each step goes on where it was stopped. --minutes is the whole training's budget, --stop-after that of this command.
"""
import argparse
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads and PyTorch's wait for one another
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.dont_write_bytecode = True

import torch  # noqa: E402

from recipe import (codes, evaluate, export, language_model, sentences, speech, train_codec,  # noqa: E402
                    train_language_model, trial)
from recipe.sizes import SIZES  # noqa: E402

VOICE = "slt"
STEPS = ("sentences", "pack", "speech", "codec", "codes", "model", "export", "evaluate")


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="+", choices=[*STEPS, "trial", "smoke"], metavar="STEP")
    parser.add_argument("--work", default="build/voice", help="where everything is kept (%(default)s)")
    parser.add_argument("--size", choices=SIZES, default="base", help="%(choices)s (%(default)s)")
    parser.add_argument("--minutes", type=float, default=8, help="of a training, all its commands together (%(default)s)")
    parser.add_argument("--stop-after", type=float, default=1e9, help="minutes of a training in this command")
    parser.add_argument("--speech-minutes", type=float, default=1e9, help="after which no more sentences are begun")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of PyTorch (%(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="sentences spoken at once (%(default)s)")
    parser.add_argument("--engine", choices=speech.ENGINES, default="festival", help="that speaks (%(default)s)")
    parser.add_argument("--per-shard", type=int, default=100, help="sentences in a file of speech (%(default)s)")
    parser.add_argument("--max-shards", type=int, help="files of speech, of each part")
    parser.add_argument("--hours", type=float, default=8, help="of speech that the codec learns from (%(default)s)")
    parser.add_argument("--codec", metavar="FOLDER", help="a codec that is there already (config.json and "
                                                          "pytorch_model.bin) instead of FOLDER/codec/codec")
    parser.add_argument("--by-heart", action="store_true", help="a few sentences, learnt exactly: proves the way")
    parser.add_argument("--start-from", metavar="FILE", help="weights (model.pt) of a machine that is gone")
    parser.add_argument("--spent", type=float, default=0, help="minutes of the budget that --start-from had")
    parser.add_argument("--type", choices=("q8_0", "f16"), default="q8_0", help="of the model's matrices (%(default)s)")
    parser.add_argument("--orpheus", default="build/release/orpheus", help="the program (%(default)s)")
    parser.add_argument("--count", type=int, default=100, help="sentences to evaluate (%(default)s)")
    return parser.parse_args(arguments)


class Recipe:
    """The steps, each by its name."""

    def __init__(self, options):
        self.options = options
        self.size = SIZES[options.size]
        self.codec_folder = options.codec or self.path("codec", "codec")

    def path(self, *names):
        return os.path.join(self.options.work, *names)

    def sentences(self):
        if self.options.by_heart or self.options.engine == "tones":
            rows = [("by-heart", sentence) for sentence in sentences.BY_HEART]
            sentences.write_rows(self.path("sentences"), "train", rows)
            sentences.write_rows(self.path("sentences"), "held-out", rows[:2])
        elif not os.path.exists(self.path("sentences", "train.tsv")):
            sentences.write_sentences(self.path("sentences"))

    def pack(self):
        speech.pack(self.path("engine"))

    def speech(self):
        bundle = self.path("engine") if os.path.isdir(self.path("engine")) else None
        options = self.options
        speech.synthesise(self.path("sentences"), self.path("speech"), options.engine, options.jobs, options.per_shard,
                          options.speech_minutes, bundle, options.max_shards)

    def codec(self, **more):
        options = self.options
        trainer = train_codec.Trainer(self.size, self.path("speech"), self.path("codec"), options.minutes,
                                      options.stop_after, max_hours=options.hours, **more.pop("trainer", {}))
        return trainer.train(**more)

    def codes(self):
        codes.encode_corpus(self.path("speech"), self.codec_folder, self.path("codes"))

    def model(self, **more):
        options = self.options
        start = options.start_from and {"path": options.start_from, "spent_minutes": options.spent}
        trainer = train_language_model.Trainer(
            self.size, VOICE, self.path("codes"), self.path("model"), options.minutes, options.stop_after,
            by_heart=len(sentences.BY_HEART) if options.by_heart else None, start_from=start)
        return trainer.train(**more)

    def export(self):
        exported = self.path("voice", "lm.gguf")
        export.export_model(self.path("model", "model.pt"), exported, self.options.type)
        export.export_codec(self.options.orpheus, self.codec_folder, self.path("voice", "codec.gguf"))
        compared, different = export.differences(self.options.orpheus, self.path("model", "model.pt"), exported,
                                                 sentences.BY_HEART[:2])
        print(f"export: {compared - different} of {compared} greedy tokens are PyTorch's too", flush=True)
        if different:
            raise SystemExit("export: the exported model does not compute what was trained")

    def evaluate(self):
        part = "train" if self.options.by_heart else "held-out"
        return evaluate.evaluate(self.options.orpheus, self.path("voice"), self.path("speech"), part,
                                 self.options.count, self.path("evaluation"))

    def trial(self):
        trial.try_training(self.size, self.path("trial"))

    def smoke(self):
        """Both trainings are cut in two, so that each also shows that it goes on where it was."""
        self.sentences()
        self.speech()
        for until in (4, 8):
            self.codec(max_steps=until, trainer={"critics_from": 0.0})
        self.codes()
        for until in (4, 8):
            self.model(max_steps=until)
        self.export()
        print("smoke: every step ran", flush=True)


def main():
    options = parse(sys.argv[1:])
    if options.steps == ["smoke"]:
        options.engine, options.size, options.by_heart, options.per_shard = "tones", "smoke", True, 5
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    if torch.cuda.is_available():
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    recipe = Recipe(options)
    for step in options.steps:
        getattr(recipe, step)()


if __name__ == "__main__":
    main()
