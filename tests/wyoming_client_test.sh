#!/usr/bin/env bash
# Runs a client of the package wyoming against the Wyoming server. Ends with 77 if the package is missing. WYOMING_PYTHON is the
# command of a Python that has it (default: python3), for example that of a newer Debian in a folder of its own; the client is then
# given to it on its standard input.
#
#   wyoming_client_test.sh PROGRAM SOURCE_FOLDER
set -euo pipefail
program="$1" source="$2"
read -ra python <<< "${WYOMING_PYTHON:-python3}"
"${python[@]}" -c 'import wyoming.tts; wyoming.tts.SynthesizeStart' 2>/dev/null || { echo "no package wyoming here"; exit 77; }
work=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
export XDG_DATA_HOME="$work"

fail() { printf 'wyoming_client_test: %s\n' "$*" >&2; exit 1; }

"$program" synth-voice "$work/voice" --size tiny >/dev/null
"$program" serve --port 0 --wyoming-port 0 --threads 1 --model "$work/voice/lm.gguf" --codec "$work/voice/codec.gguf" 2>"$work/log" &
server=$!
for _ in $(seq 600); do
  uri=$(sed -n 's/.*serving Wyoming clients at //p' "$work/log")
  [ -z "$uri" ] || break
  sleep 0.1
done
[ -n "$uri" ] || fail "the server did not start: $(cat "$work/log")"
"${python[@]}" - "$uri" < "$source/tests/wyoming_client_test.py" || fail "$(cat "$work/log")"
for _ in $(seq 600); do
  ! grep -q 'ended_early=1' "$work/log" || exit 0
  sleep 0.1
done
fail "the log does not tell that a client left: $(cat "$work/log")"
