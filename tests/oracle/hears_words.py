#!/usr/bin/python3
"""Whether a recogniser hears the given words, and no others, in a sound file.

    hears_words.py FILE WORDS      needs ffmpeg and Debian's python3-pocketsphinx, pocketsphinx-en-us, python3-numpy
"""
import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "voice"))
from recipe.recogniser import Recogniser  # noqa: E402


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    decoded = subprocess.run(["ffmpeg", "-v", "error", "-i", sys.argv[1], "-f", "s16le", "-ac", "1", "-ar", "24000", "-"],
                             capture_output=True, check=True).stdout
    heard = Recogniser().hear(np.frombuffer(decoded, "<i2") / 32768).strip()
    print(f"{sys.argv[1]}: heard: {heard}")
    sys.exit(0 if heard == sys.argv[2] else 1)


if __name__ == "__main__":
    main()
