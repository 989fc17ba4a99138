#!/usr/bin/env bash
cd /work/wt/chores
export CMAKE_CXX_COMPILER_LAUNCHER=ccache CMAKE_C_COMPILER_LAUNCHER=ccache
[ -f build/release/compile_commands.json ] || tools/build.sh release all -DORPHEUS_TESTS=ON > /tmp/lint-build.log 2>&1
mkdir -p /tmp/lint
one() { f=$1; k=/tmp/lint/${f//\//_}; [ -f $k.ok ] && exit 0
 s=$(date +%s.%N); if clang-tidy -p build/release --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-error $f > $k.out 2>/dev/null; then mv $k.out $k.ok; else mv $k.out $k.bad; fi; echo "$f $(times | tail -1)" >> /tmp/lint/times; }
export -f one
git ls-files -z 'src/*.cpp' 'tests/*.cpp' 'bench/*.cpp' | xargs -0 -n 1 -P 2 bash -c 'one "$0"'
echo done $(date) > /tmp/lint/finished
