#!/usr/bin/env bash
# Quantises a model to several types with our program, and holds our greedy tokens of each file against those of a
# llama-server that runs the same file (compare_with_llama_server.py says what may differ).
#
#   LLAMA_SERVER='llama-server -m' compare_quantised.sh build/release/orpheus small.gguf PROMPTS.json Q8_0 Q4_0 Q4_K_M Q6_K
#
# The file's path is put behind LLAMA_SERVER; MODELS_THERE is the folder under which that program sees the model's own
# folder, where it is another. ROUNDING (0.001) is passed on. Exit status: 0 where all are equal up to rounding.
set -euo pipefail
[ $# -ge 4 ] || { sed -n '5p' "$0" >&2; exit 2; }
program=$1 model=$2 prompts=$3
shift 3
here=$(dirname "$0") folder=$(realpath "$(dirname "$model")") port=${PORT:-18090}
server=""
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT

failed=0
for type in "$@"; do
  file="$folder/quantised-$type.gguf"
  "$program" quantize "$model" "$file" --type "$type"
  # shellcheck disable=SC2086  # a command and its arguments
  $LLAMA_SERVER "${MODELS_THERE:-$folder}/$(basename "$file")" --host 127.0.0.1 --port "$port" --flash-attn on --no-repack \
    -c 4096 -np 1 -t 2 > "$folder/server-$type.log" 2>&1 &
  server=$!
  for _ in $(seq 600); do
    curl -s "http://127.0.0.1:$port/health" | grep -q '"ok"' && break
    kill -0 "$server" || { echo "$type: llama-server ended: $folder/server-$type.log" >&2; exit 2; }
    sleep 0.2
  done
  echo "== $type: $(stat -c %s "$file") bytes"
  "$here/compare_with_llama_server.py" "http://127.0.0.1:$port" "$program" "$file" "$prompts" \
    --rounding "${ROUNDING:-0.001}" || failed=1
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=""
done
exit "$failed"
