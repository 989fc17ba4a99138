#!/usr/bin/python3
"""Whether a server speaks with the small voice, and so that a recogniser hears the words: an image without the voice's files
serves a voice of random weights, whose name and babble this sees.

    hears_small_voice.py URL      needs Debian's python3-pocketsphinx, pocketsphinx-en-us, python3-numpy
"""
import json
import pathlib
import sys
import urllib.request

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "voice"))
from recipe.recogniser import Recogniser  # noqa: E402


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    url = sys.argv[1].rstrip("/")
    model = json.load(urllib.request.urlopen(url + "/v1/models", timeout=60))["data"][0]["id"]
    asked = {"input": "Hello there.", "response_format": "pcm", "seed": 7}
    request = urllib.request.Request(url + "/v1/audio/speech", json.dumps(asked).encode(), {"Content-Type": "application/json"})
    samples = np.frombuffer(urllib.request.urlopen(request, timeout=300).read(), "<i2") / 32768
    heard = Recogniser().hear(samples)
    print(f"{model} was heard to say: {heard}")
    sys.exit(0 if model == "orpheus-small" and heard.strip() == "hello there" else 1)


if __name__ == "__main__":
    main()
