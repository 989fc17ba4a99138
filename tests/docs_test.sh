#!/usr/bin/env bash
# Tests the documents. It runs every block that begins with ```sh run; the blocks of a document run in order, in a folder of their
# own. A block ```text output after it must be equal to the output. Links to other files must be valid. Small replacements stand
# for files that a reader would download. For the server at localhost:5005 (Wyoming: localhost/10200), the test starts its own
# server at free ports: with the small voice, or, for blocks that begin with ```sh run large, with a voice of the released
# layout. A block must call each route of the server.
#
#   tests/docs_test.sh PROGRAM DOCUMENT...
set -euo pipefail
[ $# -ge 2 ] || { sed -n '7p' "$0" >&2; exit 2; }
program=$(realpath "$1")
shift
test_data=$(realpath "$(dirname "$0")/data")

work=$(mktemp -d)
declare -A servers=() addresses=() wyoming_ports=()  # by voice: small, large
clean_up() {
  local voice
  for voice in "${!servers[@]}"; do kill "${servers[$voice]}" 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT

# Without the user's settings; one thread, because other tests run at the same time.
for name in ${!ORPHEUS_@}; do unset "$name"; done
export ORPHEUS_THREADS=1 XDG_DATA_HOME="$work/data" ORPHEUS_ENV_FILE="$work/env"
mkdir "$work/bin"
ln -s "$program" "$work/bin/orpheus"
export PATH="$work/bin:$PATH"

num_failed=0
failed() {  # WHAT [DETAILS...]
  num_failed=$((num_failed + 1))
  printf 'FAILED: %s\n' "$1"
  shift
  [ $# -eq 0 ] || printf '%s\n' "$@"
}
# Without the last line break, which a program may omit and a document cannot.
same_text() { diff -u <(printf '%s\n' "$(cat "$1")") <(printf '%s\n' "$(cat "$2")"); }

# DOCUMENT FOLDER: writes FOLDER/01.sh, FOLDER/01.expected if the document shows the output, FOLDER/01.large if the block needs a
# large voice, and so on.
extract_blocks() {
  awk -v folder="$2" '
    /^```/ && inside { inside = 0; if (out) close(out); out = ""; next }
    /^```/ {
      inside = 1
      if ($0 ~ /^```sh run( large)?$/) out = sprintf("%s/%02d.sh", folder, ++count)
      if ($0 == "```sh run large") printf "" > sprintf("%s/%02d.large", folder, count)
      if ($0 == "```text output") out = sprintf("%s/%02d.expected", folder, count)
      if (out) printf "" > out
      next
    }
    out { print > out }' "$1"
}

# Replacements for files that the documents assume: the released codec and a released voice (here tiny ones), and a text.
lay_stand_ins() {  # FOLDER
  mkdir "$1/snac_24khz"
  cp "$test_data"/snac-tiny/{config.json,pytorch_model.bin} "$1/snac_24khz/"
  ln -s "$work/stand-in/lm.gguf" "$1/orpheus-3b-0.1-ft-q4_k_m.gguf"
  printf 'It was a bright cold day.\n\nThe clocks were striking.\n' > "$1/chapter.txt"
}

start_server() {  # VOICE
  local log="$work/server-$1.log" flags=()
  : > "$log"  # the server may begin later than the loop below
  [ "$1" = small ] || flags=(--model "$work/stand-in/lm.gguf" --codec "$work/stand-in/codec.gguf")
  (mkdir -p "$work/serve-$1" && cd "$work/serve-$1" && exec orpheus serve --port 0 --wyoming-port 0 ${flags[@]+"${flags[@]}"}) 2> "$log" &
  servers[$1]=$!
  for _ in $(seq 1800); do
    addresses[$1]=$(sed -n 's/^.* serving .* at http:\/\///p' "$log")
    wyoming_ports[$1]=$(sed -n 's/^.* at tcp:\/\/.*:\([0-9]*\)$/\1/p' "$log")
    [ -z "${addresses[$1]}" ] || [ -z "${wyoming_ports[$1]}" ] || return 0
    kill -0 "${servers[$1]}" 2>/dev/null || break
    sleep 0.1
  done
  failed "orpheus serve does not serve:" "$(cat "$log")"
  exit 1
}

stop_servers() {
  local voice
  for voice in "${!servers[@]}"; do
    kill -TERM "${servers[$voice]}"
    wait "${servers[$voice]}" || failed "orpheus serve, asked to stop, ended with $?:" "$(cat "$work/server-$voice.log")"
    unset "servers[$voice]"
  done
}

run_block() {  # NAME SCRIPT FOLDER
  local name="$1" script="$2" folder="$3" expected="${2%.sh}.expected" voice=small status=0
  [ ! -e "${2%.sh}.large" ] || voice=large
  if grep -qE 'localhost(:5005|/10200)' "$script"; then
    cat "$script" >> "$work/calls"
    if ! command -v curl >/dev/null; then
      echo "left out: $name (curl is missing)"
      return
    fi
    [ -n "${servers[$voice]:-}" ] || start_server "$voice"
    sed "s/localhost:5005/${addresses[$voice]}/g; s/localhost\/10200/127.0.0.1\/${wyoming_ports[$voice]}/g" \
      "$script" > "$script.here"
    script="$script.here"
  fi
  (cd "$folder" && bash -euo pipefail "$script") < /dev/null > "$work/stdout" 2> "$work/stderr" || status=$?
  if [ "$status" -ne 0 ]; then
    failed "$name ended with $status:" "$(cat "$script")" "$(cat "$work/stdout" "$work/stderr")"
  elif [ -f "$expected" ] && ! same_text "$expected" "$work/stdout" > "$work/difference"; then
    failed "$name prints something else:" "$(cat "$work/difference")"
  else
    echo "ok: $name"
  fi
}

# The last part of a route may be a {name}.
check_routes() {
  local route num_routes=0
  curl -s "http://${addresses[small]}/openapi.json" > "$work/openapi.json"
  while read -r route; do
    num_routes=$((num_routes + 1))
    grep -qE "localhost:5005${route%%\{*}([^a-z/_.]|\$|$)" "$work/calls" || failed "no block calls the route $route"
  done < <(grep -o '^    "/[^"]*": {' "$work/openapi.json" | sed 's/^ *"//; s/": {$//' | grep -v '^/web/')
  [ "$num_routes" -gt 10 ] || failed "/openapi.json lists $num_routes routes"
}

check_links() {  # DOCUMENT
  local link
  while read -r link; do
    case "$link" in *://* | '#'* | '') continue ;; esac
    [ -e "$(dirname "$1")/${link%%#*}" ] || failed "$1 links to $link, which is not there"
  done < <(grep -o '\](\([^) ]*\))' "$1" | sed 's/^](//; s/)$//')
}

orpheus synth-voice "$work/stand-in" --slots
num_blocks=0 num_documents=0
for document in "$@"; do
  folder="$work/$(basename "$document" .md)-$((++num_documents))"
  mkdir "$folder" "$folder.blocks"
  lay_stand_ins "$folder"
  extract_blocks "$document" "$folder.blocks"
  for script in "$folder.blocks"/*.sh; do
    [ -e "$script" ] || continue
    num_blocks=$((num_blocks + 1))
    run_block "$document, block $(basename "$script" .sh)" "$script" "$folder"
  done
  check_links "$document"
done
[ -z "${servers[small]:-}" ] || check_routes
stop_servers
[ "$num_blocks" -gt 0 ] || failed "no document has a block that begins with \`\`\`sh run"

echo "$num_blocks blocks of ${num_documents} documents, $num_failed failures"
[ "$num_failed" -eq 0 ]
