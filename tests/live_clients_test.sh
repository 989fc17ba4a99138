#!/usr/bin/env bash
# Tests the example clients that speak a text while it arrives, with a server that needs a key.
#
#   live_clients_test.sh PROGRAM SOURCE_FOLDER
set -euo pipefail
program="$1" source="$2"
work=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
export XDG_DATA_HOME="$work"

fail() { printf 'live_clients_test: %s\n' "$*" >&2; exit 1; }

"$program" synth-voice "$work/voice" --size tiny >/dev/null
ORPHEUS_SERVER_KEYS=secret "$program" serve --port 0 --threads 1 --model "$work/voice/lm.gguf" \
  --codec "$work/voice/codec.gguf" 2>"$work/log" &
server=$!
for _ in $(seq 600); do
  url=$(sed -n 's/.*serving .* at \(http:[^ ]*\).*/\1/p' "$work/log")
  [ -z "$url" ] || break
  sleep 0.1
done
[ -n "$url" ] || fail "the server did not start: $(cat "$work/log")"

slowly() { echo "Hello there."; sleep 1; echo "This line came later, in two"; echo "parts."; }

try() {
  local name="$1"
  shift
  slowly | "$@" "$url" secret >"$work/$name.pcm" || fail "$name failed"
  local bytes
  bytes=$(wc -c <"$work/$name.pcm")
  if [ "$bytes" -le 20000 ] || [ $((bytes % 2)) != 0 ]; then fail "$name gave $bytes bytes"; fi
  if echo "Hello." | "$@" "$url" wrong >"$work/none" 2>&1; then fail "$name was served with a wrong key"; fi
  if echo "..." | "$@" "$url" secret >/dev/null 2>"$work/complaint"; then fail "$name: a text without words was spoken"; fi
  grep -q 'nothing to speak' "$work/complaint" || fail "$name said: $(cat "$work/complaint")"
}

try live.py python3 "$source/examples/live.py"
for node in "node" "node --experimental-websocket"; do
  # shellcheck disable=SC2086
  if $node -e 'process.exit(typeof WebSocket === "function" ? 0 : 1)' 2>/dev/null; then
    try live.mjs $node --no-warnings "$source/examples/live.mjs"
    break
  fi
done
if grep -q secret "$work/log"; then fail "the log has the key"; fi
[ "$(grep -c 'close_code=' "$work/log")" -ge 2 ] || fail "the log has no line of the sockets: $(cat "$work/log")"
