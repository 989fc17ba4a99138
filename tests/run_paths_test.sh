#!/usr/bin/env bash
# Checks the run path (RPATH, RUNPATH) of every program and library below a folder: each element begins with / or $ORIGIN. The dynamic
# linker takes an empty element for the current folder, and a relative one starts there.
# Guards against: the program loads libssl.so.3 that a stranger left in the current folder.
#
#   run_paths_test.sh FOLDER      77: skipped, because readelf is missing
set -euo pipefail
folder="$1"
command -v readelf >/dev/null || { echo "run paths: no readelf; Debian's binutils has it"; exit 77; }

# Prints each file below the folder with an element that depends on the current folder; the last line is the number of files with code.
look() {  # FOLDER
  local file path element count=0
  while IFS= read -r -d '' file; do
    [ "$(head -c 4 "$file" | tr -d '\0')" = $'\x7fELF' ] || continue
    count=$((count + 1))
    while IFS= read -r path; do
      # The added element keeps an empty last one, which read would drop.
      IFS=: read -r -a elements <<<"$path:/"
      for element in "${elements[@]}"; do
        case "$element" in
          / | /* | '$ORIGIN' | '$ORIGIN'/*) ;;
          *) echo "$file: [$path] has the element \"$element\""; break ;;
        esac
      done
    done < <(readelf -d "$file" 2>/dev/null | sed -nE 's/^.*\((RPATH|RUNPATH)\).*\[(.*)\]$/\2/p')
  done < <(find "$1" -type f \( -perm -u+x -o -name '*.so' -o -name '*.so.*' \) -print0)
  echo "$count"
}

# The check sees such elements.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'int nothing;' > "$work/nothing.c"
for path in ':' '$ORIGIN::::' '$ORIGIN::/usr/lib' ':/usr/lib' 'lib' '$ORIGINAL/lib' '/usr/lib:.'; do
  for flag in --disable-new-dtags --enable-new-dtags; do
    cc -shared -fPIC "-Wl,$flag,-rpath,$path" -o "$work/library.so" "$work/nothing.c"
    [ "$(look "$work" | wc -l)" = 2 ] || { echo "run paths: [$path] is not seen"; exit 1; }
  done
done
cc -shared -fPIC '-Wl,-rpath,$ORIGIN:$ORIGIN/../lib/orpheus:/usr/lib' -o "$work/library.so" "$work/nothing.c"
[ "$(look "$work")" = 1 ] || { echo "run paths: a harmless path is refused: $(look "$work")"; exit 1; }

found=$(look "$folder")
count=$(tail -n 1 <<<"$found")
[ "$count" -gt 0 ] || { echo "run paths: $folder has no programs"; exit 1; }
[ "$found" = "$count" ] || { echo "run paths: these files look for libraries in the current folder:"; sed '$d' <<<"$found"; exit 1; }
echo "run paths: $count files"
