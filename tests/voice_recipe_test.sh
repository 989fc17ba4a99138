#!/usr/bin/env bash
# Runs the recipe of the small voice, from sentences to a GGUF with which the program speaks, in about a minute. Needs PyTorch
# and flite's headers; otherwise the test is skipped (exit status 77).
#
#   voice_recipe_test.sh ORPHEUS
set -euo pipefail
program="$1"
recipe=$(dirname "$0")/../tools/voice/make_voice.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { echo "voice_recipe_test: skipped, $1"; exit 77; }

python=
for candidate in python3 /usr/bin/python3; do
  if "$candidate" -c 'import torch, numpy' 2>/dev/null; then python="$candidate"; break; fi
done
[ -n "$python" ] || skip "no Python here has PyTorch (Debian: python3-torch)"
[ -e /usr/include/flite/flite.h ] || skip "flite's headers are not here (Debian: flite1-dev)"

"$python" "$recipe" --work "$work/voice" --orpheus "$program" --threads 1 --jobs 1 smoke
[ "$(grep -c '"step": 8,' "$work/voice/model/log.jsonl")" = 1 ] ||
  { echo "voice_recipe_test: the training did not go on from its checkpoint" >&2; exit 1; }

# The exported model can be read again, and the codec decodes correctly: a code affects only its quarter of a frame, and
# silence is silent.
"$python" - "$program" "$work/voice" "$(dirname "$recipe")" <<'PYTHON'
import json, os, subprocess, sys
program, folder = sys.argv[1:3]
sys.dont_write_bytecode = True
import numpy as np
sounds = np.load(os.path.join(folder, "codebooks", "sounds.npz"))
codec = os.path.join(folder, "voice", "codec.gguf")
loudest = int(sounds["parameters"][:, :, 1].mean(1).argmax())
quietest = int(sounds["parameters"][:, :, 1].mean(1).argmin())

def decoded(fine):
    with open(os.path.join(folder, "codes.json"), "w") as file:
        json.dump({"c0": [0] * 4, "c1": [0] * 8, "c2": fine}, file)
    subprocess.run([program, "codec", "decode", "--codec", codec, file.name, "-o", os.path.join(folder, "said.f32")],
                   check=True)
    return np.square(np.fromfile(os.path.join(folder, "said.f32"), np.float32)).reshape(16, -1).mean(1)

sys.path.insert(0, sys.argv[3])
from recipe import gguf, language_model
exported = language_model.load(os.path.join(folder, "voice", "lm.gguf")).state_dict()
learnt = language_model.load(os.path.join(folder, "model", "model.pt")).state_dict()
assert exported.keys() == learnt.keys()
for name, weight in learnt.items():
    assert (exported[name] - weight).abs().max() <= weight.abs().max() / 127, name

energy = decoded([quietest] * 6 + [loudest] + [quietest] * 9)
assert energy[5:8].sum() > 100 * (energy[:5].sum() + energy[8:].sum()), energy
print("voice_recipe_test: a sound is heard in its place")
PYTHON

"$program" say "Hello there." --model "$work/voice/voice/lm.gguf" --codec "$work/voice/voice/codec.gguf" \
  --device CPU --threads 1 --max-tokens 70 --seed 1 -o "$work/hello.pcm"
[ -s "$work/hello.pcm" ] || { echo "voice_recipe_test: the voice made no sound" >&2; exit 1; }
