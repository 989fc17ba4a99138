#!/usr/bin/python3
"""Creates the small voice, step by step. README.md in this folder explains the steps.

    make_voice.py [--work FOLDER] [--size base] STEP...

Steps, in their order:
    sentences   what will be spoken: FOLDER/sentences/{train,held-out}.tsv
    speech      how flite would speak it, as parameters: FOLDER/speech/*.npz
    codec       the sounds of the codebook, and the codec that makes them: FOLDER/codec is a SNAC checkpoint
    codes       the speech as codes: FOLDER/codes/*.npz
    model       the language model learns: FOLDER/model/model.pt
    export      FOLDER/voice/{lm,codec}.gguf
    evaluate    FOLDER/evaluation/figures.json: word errors, lengths, runaways, speed

and instead of them:
    smoke       all but the last in about a minute: a few sentences, small networks

Each step resumes after an interruption. --minutes is the total training time, --stop-after the limit of this command.
"""
import argparse
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # otherwise its threads and PyTorch's wait for each other
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.dont_write_bytecode = True

import torch  # noqa: E402

from recipe import codec, codes, evaluate, export, sentences, speech, train_language_model  # noqa: E402
from recipe.sizes import SIZES  # noqa: E402

VOICE = "rms"
STEPS = ("sentences", "speech", "codec", "codes", "model", "export", "evaluate")


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="+", choices=[*STEPS, "smoke"], metavar="STEP")
    parser.add_argument("--work", metavar="FOLDER", help="where everything is kept (build/voice; for smoke build/voice-smoke, "
                                                         "with --by-heart build/voice-by-heart)")
    parser.add_argument("--size", choices=SIZES, default="base", help="%(choices)s (%(default)s)")
    parser.add_argument("--minutes", type=float, default=120, help="of the training, all its commands together (%(default)s)")
    parser.add_argument("--stop-after", type=float, default=1e9, help="minutes of the training in this command")
    parser.add_argument("--speech-minutes", type=float, default=1e9, help="after which no more sentences are begun")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of PyTorch (%(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="files at work at once, in speech and codes (%(default)s)")
    parser.add_argument("--per-shard", type=int, default=250, help="sentences in a file of speech (%(default)s)")
    parser.add_argument("--max-shards", type=int, default=200, help="files of speech to learn from (%(default)s)")
    parser.add_argument("--by-heart", action="store_true", help="a few sentences, learnt exactly: proves the way")
    parser.add_argument("--start-from", metavar="FILE", help="weights of an earlier training: model.pt or lm.gguf")
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

    def path(self, *names):
        return os.path.join(self.options.work, *names)

    def sentences(self):
        if self.options.by_heart:
            rows = [("by-heart", sentence) for sentence in sentences.BY_HEART]
            sentences.write_rows(self.path("sentences"), "train", rows)
            sentences.write_rows(self.path("sentences"), "held-out", rows[:2])
        elif not os.path.exists(self.path("sentences", "train.tsv")):
            sentences.write_sentences(self.path("sentences"))

    def speech(self):
        options = self.options
        speech.synthesise(self.path("sentences"), self.path("speech"), self.path("engine"), options.jobs,
                          options.per_shard, options.speech_minutes, options.max_shards)

    def codec(self):
        sounds, _ = codes.learn_codebooks(self.path("speech"), self.size.codebook_size, self.path("codebooks"))
        codec.save(*codec.build(sounds, self.size), self.path("codec"))
        print(f"codec: {len(sounds.phones)} sounds in a codebook of {self.size.codebook_size}", flush=True)

    def codes(self):
        codes.encode_corpus(self.path("speech"), self.size.codebook_size, self.path("codebooks"), self.path("codes"),
                            self.options.jobs)

    def model(self, by_heart=None, **more):
        options = self.options
        start = options.start_from and {"path": options.start_from, "spent_minutes": options.spent}
        trainer = train_language_model.Trainer(
            self.size, VOICE, self.path("codes"), self.path("model"), options.minutes, options.stop_after,
            by_heart=by_heart, start_from=start)
        trainer.train(**more)

    def export(self):
        exported = self.path("voice", "lm.gguf")
        export.export_model(self.path("model", "model.pt"), exported, self.options.type)
        export.export_codec(self.options.orpheus, self.path("codec"), self.path("voice", "codec.gguf"))
        compared, different = export.differences(self.options.orpheus, self.path("model", "model.pt"), exported,
                                                 sentences.BY_HEART[:2])
        print(f"export: {compared - different} of {compared} greedy tokens are PyTorch's too", flush=True)
        if different:
            raise SystemExit("export: the exported model does not compute what was trained")

    def evaluate(self):
        part = "train" if self.options.by_heart else "held-out"
        evaluate.evaluate(self.options.orpheus, self.path("voice"), self.path("speech"), self.path("codes"), part,
                          self.options.count, self.path("evaluation"))

    def smoke(self):
        """Trains in two parts, to test that training resumes."""
        self.sentences()
        self.speech()
        self.codec()
        self.codes()
        for until in (4, 8):
            self.model(max_steps=until)
        self.export()
        print("smoke: every step ran", flush=True)


def main():
    options = parse(sys.argv[1:])
    folder = "build/voice"
    if "smoke" in options.steps:
        options.steps = ["smoke"]
        options.size, options.by_heart, options.per_shard, folder = "smoke", True, 5, "build/voice-smoke"
    elif options.by_heart:
        folder = "build/voice-by-heart"
    options.work = options.work or folder
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    recipe = Recipe(options)
    for step in options.steps:
        if step == "model" and options.by_heart:
            recipe.model(by_heart=len(sentences.BY_HEART))
        else:
            getattr(recipe, step)()


if __name__ == "__main__":
    main()
