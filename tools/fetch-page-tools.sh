#!/usr/bin/env bash
# Downloads playwright-core (controls a browser) and axe-core (checks accessibility) to .deps, for the tests of the page.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/from-npm.sh

arrange() {  # PACKAGE NEW
  mkdir "$2/node_modules"
  cp -r "$1" "$2/node_modules/$name"
}
from_npm playwright-core 1.56.1 fa648e5442796d4160c68dcfc3914ed5224f147852264993e6376e29f0228238 playwright arrange
from_npm axe-core 4.11.0 39bed7d72308f6d620789c169d699bfd7e8da80f65b545821a6b2215c3e83107 axe arrange
