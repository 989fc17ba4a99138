#!/usr/bin/env bash
# The small voice's recipe runs from sentences to a GGUF that the program speaks, in about a minute, where PyTorch is
# installed; elsewhere it is skipped (exit status 77).
#
#   voice_recipe_test.sh ORPHEUS
set -euo pipefail
program="$1"
recipe=$(dirname "$0")/../tools/voice/make_voice.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python=
for candidate in python3 /usr/bin/python3; do
  if "$candidate" -c 'import torch, numpy' 2>/dev/null; then python="$candidate"; break; fi
done
[ -n "$python" ] || { echo "voice_recipe_test: skipped, no Python here has PyTorch (Debian: python3-torch)"; exit 77; }

"$python" "$recipe" --work "$work/voice" --orpheus "$program" --threads 1 --jobs 1 smoke
[ "$(grep -c '"step": 8,' "$work/voice/codec/log.jsonl")" = 1 ] &&
  [ "$(grep -c '"step": 8,' "$work/voice/model/log.jsonl")" = 1 ] ||
  { echo "voice_recipe_test: a training did not go on from its checkpoint" >&2; exit 1; }
"$program" say "Hello there." --model "$work/voice/voice/lm.gguf" --codec "$work/voice/voice/codec.gguf" \
  --device CPU --threads 1 --max-tokens 70 --seed 1 -o "$work/hello.pcm"
[ -s "$work/hello.pcm" ] || { echo "voice_recipe_test: the voice made no sound" >&2; exit 1; }
