#!/usr/bin/env bash
# Creates the sounds in docs/audio with the small voice, and the picture of the terminal.
# On a CPU with AVX2 the same build gives the same samples (docs/voices.md, "What a seed promises").
#
#   tools/make-examples.sh [PROGRAM]     build/release/orpheus by default
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${1:-build/release/orpheus}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for name in ${!ORPHEUS_@}; do unset "$name"; done
export XDG_DATA_HOME="$folder" ORPHEUS_ENV_FILE="$folder/env"

"$program" say "Hello there. This is the small voice that comes with the program." --seed 7 -o docs/audio/hello.mp3
"$program" say -f docs/audio/chapter.txt --seed 7 -o docs/audio/chapter.mp3
PATH="$(dirname "$program"):$PATH" tools/draw-terminal.py docs/images/terminal.svg \
  'orpheus say "Hello there." -o hello.mp3 && ls -s --block-size=KiB hello.mp3' \
  "orpheus normalize 'Dr. Smith paid \$5m on 3/15/2024.'" \
  'orpheus voices'
