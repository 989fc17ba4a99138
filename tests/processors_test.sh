#!/usr/bin/env bash
# One portable program (ORPHEUS_NATIVE=OFF) on processors that qemu emulates: it speaks, and doctor tells the level that it took. On a
# processor below the lowest level it writes one line. Guards against an instruction in ordinary code, in ggml's modules or in a level's
# kernels that the processor does not have.
#
#   processors_test.sh PROGRAM      77: skipped, because qemu-x86_64 (Debian's qemu-user) or the small voice is missing
set -euo pipefail
program=$(realpath "$1")
root=$(realpath "$(dirname "$0")/..")
command -v qemu-x86_64 >/dev/null || { echo "processors: no qemu-x86_64; Debian's qemu-user has it"; exit 77; }
[ -e "$root/voices/small/lm.gguf" ] || { echo "processors: the checkout has no small voice"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" XDG_DATA_HOME="$work/data"
unset "${!ORPHEUS_@}"
cd "$work"

fail() { echo "processors: $*" >&2; exit 1; }
on() {  # CPU ARGUMENTS…: qemu names each feature of this processor that it does not emulate
  local rc=0
  qemu-x86_64 -cpu "$1" "$program" "${@:2}" 2> told.txt || rc=$?
  grep -v "warning: TCG doesn't support" told.txt >&2 || true
  return "$rc"
}

tried=0
while read -r cpu level; do
  SECONDS=0
  on "$cpu" say "Hello there." --seed 1 --proof off -o "$cpu.wav" || fail "say ended with $? on $cpu"
  bytes=$(stat -c %s "$cpu.wav")
  [ "$bytes" -gt 24000 ] || fail "on $cpu the sound has only $bytes bytes"
  said=$SECONDS
  report=$(on "$cpu" doctor --port 0) || fail "doctor ended with $? on $cpu: $report"
  grep -q "^  kernels     $level\$" <<<"$report" || fail "on $cpu doctor should report $level: $(grep kernels <<<"$report")"
  echo "$cpu: $level; say $said s, doctor $((SECONDS - said)) s, $bytes bytes"
  tried=$((tried + 1))
done <<'CPUS'
Nehalem x86-64-v2
Haswell AVX2
Haswell,-xsave x86-64-v2
max AVX2
CPUS
[ "$tried" = 4 ] || fail "tried $tried processors"

rc=0
on core2duo --version > core2duo.txt 2>&1 || rc=$?
[ "$rc" = 5 ] || fail "on core2duo the exit code should be 5, it is $rc: $(cat core2duo.txt)"
[ "$(wc -l < core2duo.txt)" = 1 ] || fail "on core2duo there should be one line: $(cat core2duo.txt)"
grep -q 'needs a processor with SSE4.2 and POPCNT (x86-64-v2: Intel since 2009, AMD since 2011); this one lacks SSE4.1, SSE4.2' core2duo.txt ||
  fail "on core2duo: $(cat core2duo.txt)"
echo "core2duo: $(cat core2duo.txt)"
