#!/usr/bin/python3
"""Tests a voice with another layout: bytes as text tokens, a codebook of 256, audio tokens from 288, other special tokens.

    own_layout_test.py ORPHEUS CODEC_FOLDER        a SNAC checkpoint; it may have more codes than the voice uses

No stage may use the released layout for such a file: the tokenizer, the rows of the output matrix, the completions route, the
frames and the pieces of a text.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "voice"))
sys.dont_write_bytecode = True
from recipe import gguf, tokens  # noqa: E402

CODEBOOK = 256
CONFIG = {"width": 64, "layers": 2, "heads": 4, "kv_heads": 2, "feed_forward": 128, "codebook_size": CODEBOOK,
          "voice": "own", "context": 2048, "rope_base": 10000.0, "rms_epsilon": 1e-5}
TEXT = "Hello, it's a (small) voice: caf\u00e9!"


def check(holds, what):
    if not holds:
        raise SystemExit(f"own_layout_test: {what}")


def run(program, *arguments, text=None, data=None):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORPHEUS_")}
    if data:
        environment["XDG_DATA_HOME"] = data
    done = subprocess.run([program, *arguments], input=text, capture_output=True, text=True, env=environment)
    check(done.returncode == 0, f"{' '.join(arguments)[:90]}: exit code {done.returncode}: {done.stderr.strip()}")
    return done


def slots_fit(ids, end_allowed=True):
    audio = [token for token in ids if token != tokens.END_OF_SPEECH]
    check(end_allowed or len(audio) == len(ids), "an end of speech where it was to be ignored")
    return all(0 <= token - tokens.AUDIO_BASE - i % 7 * CODEBOOK < CODEBOOK for i, token in enumerate(audio))


def complete(url, request):
    body = json.dumps(request).encode()
    with urllib.request.urlopen(urllib.request.Request(url + "/v1/completions", body,
                                                       {"Content-Type": "application/json"}), timeout=60) as reply:
        return json.load(reply)


def main():
    program, codec_folder = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        model, codec = os.path.join(folder, "lm.gguf"), os.path.join(folder, "codec.gguf")
        run(program, "convert", "codec", codec_folder, "-o", codec, "--decoder-only")
        for kind in gguf.FILE_TYPES:
            gguf.write_voice(model, CONFIG, gguf.random_weights(CONFIG), "own-layout", kind)
            check_tokens(program, model)
            check_speech(program, model, codec, folder)
        check_sampling(program, model)
        check_server(program, model, codec)
        check_installed(program, model, codec, folder)
    print("own_layout_test: tokens, speech and completions follow the file")


def check_tokens(program, model):
    prompt = tokens.prompt("own", TEXT)
    said = json.loads(run(program, "tokenize", "--model", model, f"own: {TEXT}").stdout)["ids"]
    check(said == prompt[2:-4], f"tokenize gave {said}, expected bytes {prompt[2:-4]}")
    generate = ["generate", "--model", model, "--prompt-ids", "-", "--tokens", "70", "--device", "CPU"]
    ids = json.loads(run(program, *generate, "--greedy", "--ignore-stop", text=json.dumps(prompt)).stdout)["ids"]
    check(len(ids) == 70 and slots_fit(ids, end_allowed=False), f"greedy tokens out of their slots: {ids}")
    ids = json.loads(run(program, *generate, text=json.dumps(prompt)).stdout)["ids"]
    check(slots_fit(ids), f"drawn tokens out of their slots: {ids}")
    # The rows of a slot and the whole output matrix give the same likeliest id within the slot.
    full = json.loads(run(program, *generate, "--greedy", "--ignore-stop", "--head", "full", "--top", "1000",
                          text=json.dumps(prompt)).stdout)
    first_slot = [row for row in full["top"][0] if 0 <= row["id"] - tokens.AUDIO_BASE < CODEBOOK]
    slot = json.loads(run(program, *generate, "--greedy", "--ignore-stop", text=json.dumps(prompt)).stdout)["ids"]
    check(first_slot, "none of the likeliest 1000 ids is of slot 0")
    check(max(first_slot, key=lambda row: row["logprob"])["id"] == slot[0], "slot and whole head disagree")


def check_sampling(program, model):
    """The file's values are used unless the user sets others."""
    prompt = json.dumps(tokens.prompt("own", TEXT))

    def drawn(*flags):
        return json.loads(run(program, "generate", "--model", model, "--prompt-ids", "-", "--tokens", "70", "--device",
                              "CPU", "--seed", "3", "--ignore-stop", *flags, text=prompt).stdout)["ids"]

    gguf.write_voice(model, CONFIG, gguf.random_weights(CONFIG), "own-layout", "f16")
    usual, greedy = drawn(), drawn("--greedy")
    check(usual != greedy, "drawn tokens are the likeliest ones")
    gguf.write_voice(model, CONFIG, gguf.random_weights(CONFIG), "own-layout", "f16",
                     {"temperature": 0.0, "repetition_penalty": 1.0})
    check(drawn() == greedy, "the sampling that the file says was not used")
    check(drawn("--temperature", "0.6", "--repetition-penalty", "1.1") == usual, "flags are weaker than the file")


def check_speech(program, model, codec, folder):
    sound = os.path.join(folder, "sound.pcm")
    files = ["--model", model, "--codec", codec, "--device", "CPU", "--threads", "1", "--seed", "1", "-o", sound]
    # 60 numbers have more words than one piece may have, and reach the voice as words.
    for text in ("Hello.", " ".join(str(i) for i in range(10, 70))):
        run(program, "say", text, "--max-tokens", "70", *files)
        size = os.path.getsize(sound)
        check(size > 0, f"'{text[:20]}' made no sound")
        if text == "Hello.":
            check(size % 4096 == 0 and size <= 10 * 4096, f"{size} bytes are not whole frames of at most 70 tokens")
        else:
            check(size > 2 * 10 * 4096, f"60 numbers were spoken in one or two pieces: {size} bytes")
    listed = run(program, "voices", "--model", model).stdout.split("\t")
    check(listed[:2] == ["own", "en"], f"the voices are {listed}")


def check_installed(program, model, codec, folder):
    """Without --model, the program finds the voice in its folder, and names it."""
    copy, voice = os.path.join(folder, "bin", "orpheus"), os.path.join(folder, "share", "orpheus", "voices", "small")
    os.makedirs(os.path.dirname(copy))
    os.makedirs(voice)
    shutil.copy(program, copy)
    for file in (model, codec):
        shutil.copy(file, voice)
    sound = os.path.join(folder, "installed.pcm")
    done = run(copy, "say", "Hello.", "--max-tokens", "70", "--seed", "1", "--device", "CPU", "-o", sound,
               data=os.path.join(folder, "data"))
    named = [line for line in done.stderr.splitlines() if "'own-layout', the small voice that comes with" in line]
    check(len(named) == 1 and os.path.getsize(sound) > 0, f"the installed voice was not spoken with: {done.stderr}")


def check_server(program, model, codec):
    server = subprocess.Popen([program, "serve", "--port", "0", "--model", model, "--codec", codec, "--device", "CPU",
                               "--threads", "1"], stderr=subprocess.PIPE, text=True)
    try:
        url = None
        for line in server.stderr:
            found = re.search(r"serving \S+ at (http://\S+)", line)
            if found:
                url = found[1]
                break
        check(url, "the server ended before it served")
        prompt = tokens.prompt("own", "Hi")
        request = {"max_tokens": 14, "temperature": 0, "repeat_penalty": 1, "ignore_eos": True}
        by_ids = complete(url, {"prompt": prompt, **request})["choices"][0]
        spelled = tokens.token_texts(CODEBOOK)
        text = spelled[tokens.START_OF_HUMAN] + spelled[tokens.BEGIN_OF_TEXT] + "own: Hi" + "".join(
            spelled[token] for token in prompt[-4:])
        by_text = complete(url, {"prompt": text, **request})["choices"][0]
        check(slots_fit(by_ids["token_ids"]), f"completions gave {by_ids['token_ids']}")
        check(by_ids["token_ids"] == by_text["token_ids"], "a prompt as ids and as text are not the same")
        check(by_ids["text"] == "".join(spelled[token] for token in by_ids["token_ids"]),
              f"completions spelled its tokens {by_ids['text'][:60]}")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    try:
        main()
    except urllib.error.URLError as error:
        raise SystemExit(f"own_layout_test: {error}")
