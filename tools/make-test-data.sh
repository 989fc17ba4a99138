#!/usr/bin/env bash
# Makes the test data that is not in the repository: downloads it into .deps/, and computes the golden voice. Does nothing if .deps/
# has it.
#
#   tools/make-test-data.sh
set -euo pipefail
cd "$(dirname "$0")/.."

tools/fetch-llama3-vocabulary.sh
tools/fetch-openai-client.sh
tools/fetch-page-tools.sh
tools/fetch-kubernetes-schemas.sh
# numpy may be installed only for the system's Python, while another Python is first on the PATH.
python=python3
python3 -c 'import numpy' 2>/dev/null || python=/usr/bin/python3
"$python" tools/make-golden-voice.py
