#!/usr/bin/env bash
# Builds the fuzz targets and gives each some seconds. What it learns stays in build/fuzz/corpus/; an input that breaks
# something is written to build/fuzz/ and ends the run.
#
#   tools/fuzz.sh [SECONDS]     per target; 20 by default
set -euo pipefail
seconds="${1:-20}"
cd "$(dirname "$0")/.."
tools/build.sh fuzz all
for program in build/fuzz/fuzz_*; do
  [ -x "$program" ] || { echo "fuzz: build/fuzz holds no fuzz_* program" >&2; exit 1; }
  name="${program##*/fuzz_}" corpus="build/fuzz/corpus/${program##*/fuzz_}"
  mkdir -p "$corpus"
  seeds=()
  [ ! -d "fuzz/corpus/$name" ] || seeds=("fuzz/corpus/$name")
  echo "fuzz: $name, $seconds s"
  "$program" -max_total_time="$seconds" -rss_limit_mb=4096 -artifact_prefix="build/fuzz/$name-" -verbosity=0 -print_final_stats=1 \
    "$corpus" ${seeds[@]+"${seeds[@]}"}
done
