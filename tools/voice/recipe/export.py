"""Writes the files for the program: lm.gguf of a trained model, and codec.gguf (by `orpheus convert codec`).

`differences` checks the export with the program: its greedy tokens must be the likeliest of PyTorch.
"""
import json
import os
import subprocess

import torch

from . import gguf, language_model, tokens
from .sizes import SAMPLING

VOICE_NAME = "orpheus-small"


def arrays_of(model):
    return {name.removesuffix(".weight"): weight.detach().float().cpu().numpy()
            for name, weight in model.state_dict().items()}


def export_model(model_path, path, kind):
    model = language_model.load(model_path)
    gguf.write_voice(path, model.config, arrays_of(model), VOICE_NAME, kind, SAMPLING)
    print(f"export: {path}: {os.path.getsize(path) / 1e6:.2f} MB, {kind}", flush=True)


def export_codec(program, folder, path):
    subprocess.run([program, "convert", "codec", folder, "-o", path, "--decoder-only"], check=True)
    print(f"export: {path}: {os.path.getsize(path) / 1e6:.2f} MB", flush=True)


def generated(program, model, prompt, count):
    """The program's greedy tokens after a prompt, from the ids of each slot."""
    command = [program, "generate", "--model", model, "--prompt-ids", "-", "--tokens", str(count), "--greedy",
               "--device", "CPU"]
    done = subprocess.run(command, input=json.dumps(prompt), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["ids"]


@torch.no_grad()
def differences(program, model_path, exported, texts, count=210, rounding=0.15):
    """Counts tokens of the program whose logit is below PyTorch's largest one of that slot by more than rounding.
    → (number of tokens compared, number that differ)."""
    model = language_model.load(model_path).eval()
    size, compared, different = model.config["codebook_size"], 0, 0
    for text in texts:
        prompt = tokens.prompt(model.config["voice"], text)
        ids = generated(program, exported, prompt, count)
        logits = model(torch.tensor([prompt + ids]))[0, len(prompt) - 1:-1]
        for step, token in enumerate(ids):
            first = tokens.AUDIO_BASE + step % tokens.SLOTS * size
            likeliest = logits[step, first:first + size].max()
            if step % tokens.SLOTS == 0:
                likeliest = torch.maximum(likeliest, logits[step, tokens.END_OF_SPEECH])
            compared += 1
            different += bool(likeliest - logits[step, token] > rounding)
    return compared, different
