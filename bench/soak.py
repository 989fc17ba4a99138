#!/usr/bin/env python3
"""Tests whether a server stays stable over a long time.

  bench/soak.py MODEL.gguf CODEC.gguf [--minutes 20] [--clients 6] [--tokens 210] [--seed 1]

Clients send one request after the other with random length, format, speed and voice, some with server-sent events. In a fifth of the
requests the client disconnects before the end. Every other response must be complete and contain sound. Each minute the script
prints the allocated heap bytes, the bytes that the heap has from the system, and the resident memory. The last line is JSON: the
minimum of these in each fifth of the time (without the first, in which caches fill), and their values after all clients have gone.
Environment: ORPHEUS is the program (build/release/orpheus), HEAP_WATCH_LIBRARY the library heap_watch.so (build/release)."""
import base64
import http.client
import json
import os
import random
import tempfile
import threading
import time
from pathlib import Path

from programs import ORPHEUS, Server, parser_of

FORMATS = ("wav", "mp3", "opus", "aac", "flac", "pcm", "ogg")
WORDS = "the old lighthouse stood at end of long stone pier and nobody had climbed its stairs for years".split()


class Client(threading.Thread):
    """Sends requests until the time is over. Stores errors in problems."""

    def __init__(self, server, seed, until, problems):
        super().__init__(daemon=True)
        self.server, self.chance, self.until, self.problems = server, random.Random(seed), until, problems
        self.num_whole = self.num_left = 0

    def run(self):
        while time.monotonic() < self.until:
            try:
                self.ask()
            except (OSError, http.client.HTTPException, ValueError) as problem:
                self.problems.append(repr(problem))

    def body(self):
        chance = self.chance
        sentences = [" ".join(chance.choices(WORDS, k=chance.randint(2, 12))).capitalize() + "." for _ in range(chance.randint(1, 5))]
        body = {"input": " ".join(sentences), "response_format": chance.choice(FORMATS[:6]), "seed": chance.randrange(1 << 30)}
        if chance.random() < 0.5:
            body["speed"] = chance.choice((0.5, 0.8, 1.25, 1.5, 2.0))
        if chance.random() < 0.3:
            body["stream_format"] = "sse"
        return body

    def ask(self):
        body, leaves = self.body(), self.chance.random() < 0.2
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=120)
        connection.request("POST", "/v1/audio/speech", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise ValueError(f"{answer.status} {answer.read()[:200]!r} for {body}")
        if leaves:
            answer.read(self.chance.randint(1, 20000))
            connection.close()
            self.num_left += 1
            return
        sound = answer.read()
        connection.close()
        if body.get("stream_format") == "sse":
            events = [json.loads(line[6:]) for line in sound.decode().splitlines() if line.startswith("data: {")]
            sound = b"".join(base64.b64decode(event["audio"]) for event in events if "audio" in event)
        if len(sound) < 500:
            raise ValueError(f"only {len(sound)} bytes for {body}")
        self.num_whole += 1


class Readings:
    def __init__(self, server, heap_file):
        self.server, self.heap_file, self.all = server, heap_file, []

    def take(self):
        try:
            in_use, held = map(int, Path(self.heap_file).read_text().split())
        except (OSError, ValueError):
            in_use = held = 0
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        kib = {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith(("RssAnon", "Threads"))}
        self.all.append({"in_use_mb": in_use / 1e6, "held_mb": held / 1e6, "resident_mb": kib["RssAnon"] / 1e3,
                         "threads": kib["Threads"]})
        return self.all[-1]

    def trend(self, name):
        fifth = max(1, len(self.all) // 5)
        return [round(min(one[name] for one in self.all[i * fifth:(i + 1) * fifth] or self.all[-1:]), 1) for i in range(1, 5)]


def main():
    parser = parser_of(__doc__, "model", "codec", clients=6, tokens=210, seed=1)
    parser.add_argument("--minutes", type=float, default=20)
    options = parser.parse_args()
    library = os.environ.get("HEAP_WATCH_LIBRARY", str(Path(ORPHEUS).resolve().parent / "heap_watch.so"))
    with tempfile.TemporaryDirectory() as folder:
        heap_file = folder + "/heap"
        watched = {"LD_PRELOAD": library, "HEAP_WATCH": heap_file} if os.path.exists(library) else {}
        server = Server(environment=watched, model=options.model, codec=options.codec, max_tokens=options.tokens)
        until, problems = time.monotonic() + options.minutes * 60, []
        clients = [Client(server, options.seed * 1000 + i, until, problems) for i in range(options.clients)]
        for client in clients:
            client.start()
        readings, told = Readings(server, heap_file), time.monotonic()
        while time.monotonic() < until:
            time.sleep(2)
            now = readings.take()
            if time.monotonic() - told >= 60:
                told = time.monotonic()
                print(f"{sum(c.num_whole for c in clients)} whole, {sum(c.num_left for c in clients)} left, "
                      f"{len(problems)} problems: " + ", ".join(f"{name} {value:.0f}" for name, value in now.items()), flush=True)
        for client in clients:
            client.join(timeout=130)
        time.sleep(3)
        result = {"whole": sum(c.num_whole for c in clients), "left": sum(c.num_left for c in clients), "problems": problems[:5],
                  "num_problems": len(problems)}
        result |= {name: readings.trend(name) for name in ("in_use_mb", "held_mb", "resident_mb", "threads")}
        result["when_all_had_left"] = {name: round(value, 1) for name, value in readings.take().items()}
        server.stop()
    print(json.dumps(result))
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
