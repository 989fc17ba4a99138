#!/usr/bin/env bash
# Guards against: the program executes instructions that the processor does not have, because the linker kept a level's copy of a
# function that other code has too (an inline function or a template of the standard library).
#
#   levels_test.sh OBJECT...
#
# Each object file is of one level (orpheus_levels in cmake/Processor.cmake): orpheus_FOLDER_for_LEVEL.dir/NAME.o. It may define
# symbols only in the level's namespace, and local ones.
set -euo pipefail
[ $# -gt 0 ] || { echo "levels: no object files" >&2; exit 1; }
failed=0
for object in "$@"; do
  level=${object##*_for_}
  level=${level%%.dir/*}
  symbols=$(nm -C --defined-only --extern-only "$object")
  [ -n "$symbols" ] || { echo "levels: $object defines nothing" >&2; failed=1; }
  while read -r _ kind name; do
    case "$name" in
      *"::$level::"*) ;;
      DW.ref.*) ;;  # data of the unwinder: an address
      *) echo "levels: $object defines '$name' ($kind) outside of $level" >&2; failed=1 ;;
    esac
  done <<< "$symbols"
done
exit $failed
