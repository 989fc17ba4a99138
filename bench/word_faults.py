#!/usr/bin/python3
"""How many spoiled pieces `orpheus align --verdict` finds, by codes of speech that is known to be right (source_speech.py).

    bench/word_faults.py [--count 300] [--orpheus build/release/orpheus] [--work build/voice]

Of each of COUNT sentences: as it is; a word of three frames or more cut out; the same word twice; another sentence's word in its
place. Prints the shares that are caught, and where the first fault is told. Limits: cut and doubled 95 %, exchanged 80 %, untouched 2 %.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import tempfile

import numpy as np

from source_speech import codes_json, held_out

KINDS = {"untouched": (0.0, 0.02), "cut": (0.95, 1.0), "doubled": (0.95, 1.0), "exchanged": (0.80, 1.0)}


def spoiled(utterances, count, seed=11):
    """Yields kind, text, frames, word."""
    random = np.random.default_rng(seed)
    usable = [utterance for utterance in utterances if utterance.long_words()]
    for i in range(count):
        utterance = usable[i % len(usable)]
        frames, text = utterance.frames, utterance.text
        word = int(random.choice(utterance.long_words()))
        begin, end = utterance.span(word)
        yield "untouched", text, frames, None
        yield "cut", text, np.concatenate([frames[:begin], frames[end:]]), word
        yield "doubled", text, np.concatenate([frames[:end], frames[begin:end], frames[end:]]), word
        while True:
            other = usable[int(random.integers(len(usable)))]
            its = int(random.choice(other.long_words()))
            if plain(other.text.split()[its]) != plain(text.split()[word]):
                break
        b, e = other.span(its)
        yield "exchanged", text, np.concatenate([frames[:begin], other.frames[b:e], frames[end:]]), word


def as_written(options, utterances):
    """Those without abbreviations that the program writes out: their codes speak the letters as they stand."""
    lines = "".join(json.dumps({"text": utterance.text}) + "\n" for utterance in utterances)
    done = subprocess.run([options.orpheus, "normalize", "--jsonl", "--model", options.model], input=lines, capture_output=True,
                          text=True, check=True)
    spoken = [json.loads(line)["spoken"] for line in done.stdout.splitlines()]
    return [utterance for utterance, text in zip(utterances, spoken) if text == utterance.text]


def plain(word):
    return word.lower().strip(".,!?'")


def verdict(options, text, frames):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "codes.json")
        with open(path, "w") as file:
            json.dump(codes_json(frames), file)
        done = subprocess.run([options.orpheus, "align", path, "--text", text, "--model", options.model, "--threads", "1",
                               "--verdict"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orpheus", default="build/release/orpheus")
    parser.add_argument("--model", default="voices/small/lm.gguf")
    parser.add_argument("--work", default="build/voice")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--tell", action="store_true", help="print each piece that was judged wrongly")
    options = parser.parse_args()
    cases = list(spoiled(as_written(options, held_out(options.work)), options.count))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        found = list(pool.map(lambda case: verdict(options, case[1], case[2]), cases))
    failed = False
    for kind, (least, most) in KINDS.items():
        mine = [(case, told) for case, told in zip(cases, found) if case[0] == kind]
        caught = [(case, told) for case, told in mine if told["fault"] != "none" and told["is_sure"]]
        near = sum(case[3] is not None and abs(told["word"] - case[3]) <= 1 for case, told in caught)
        share = len(caught) / max(1, len(mine))
        failed |= not least <= share <= most
        print(f"{kind}: {len(caught)} of {len(mine)} told ({100 * share:.1f} %)" + (f", {near} at the word" if kind != "untouched" else ""))
        for case, told in mine if options.tell else ():
            if (told["fault"] != "none") == (kind == "untouched"):
                print(f"    {told['fault']}: word {case[3]} of '{case[1]}'")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
