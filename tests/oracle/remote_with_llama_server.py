#!/usr/bin/env python3
"""Speaks through real llama-servers, and holds what comes against the local engine with the same GGUF.

    remote_with_llama_server.py build/release/orpheus lm.gguf codec.gguf "llama-server -m lm.gguf -t 1 -np 8 -c 16384"

The command is run with --host 127.0.0.1 --port N added, for two servers. Best with a GGUF whose likeliest token always fits
its slot. Checked, in this order:

1. tokens: `generate --greedy` gives the same ids through the server as here;
2. samples: `say` at temperature 0 and penalty 1 gives the same samples;
3. eight speeches at once through `serve` give what one gives alone;
4. of 50 requests over two servers, one of which is killed in the middle, none fails that had sent no audio; those that had
   end with an error event; the survivor serves all; the dead server gets requests again after it has come back;
5. CPU time of `generate --lm-url` of 820 tokens (--most-cpu seconds).

Exit status: 0 all of it holds, 1 something does not, 2 it could not be tried.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import resource
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PROMPT = [128259, 128000, 116, 97, 114, 97, 58, 32, 72, 105, 128009, 128260, 128261, 128257]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A server that runs until stop()."""

    def __init__(self, command, port, ready_path, log):
        self.url = f"http://127.0.0.1:{port}"
        with open(log, "ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(self.url + ready_path, timeout=5).read()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.stop()
        sys.exit(f"remote_with_llama_server: {command[0]} did not start; see {log}")

    def stop(self, how=signal.SIGKILL):
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait()


class Check:
    def __init__(self):
        self.failed = False

    def __call__(self, holds, what):
        print(f"{'ok   ' if holds else 'WRONG'} {what}", flush=True)
        self.failed |= not holds


def run(command, stdin=None):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def speak(url, text):
    """(audio, error, status) of one speech over server-sent events."""
    body = json.dumps({"input": text, "response_format": "pcm", "stream_format": "sse", "seed": 1}).encode()
    audio, error = "", None
    try:
        with urllib.request.urlopen(urllib.request.Request(url + "/v1/audio/speech", body), timeout=300) as reply:
            ended = False
            for line in reply:
                if not line.startswith(b"data: "):
                    continue
                event = json.loads(line[6:])
                if event.get("type") == "speech.audio.delta":
                    audio += event["audio"]
                elif event.get("type") == "speech.audio.done":
                    ended = True
                elif "error" in event:
                    error = event["error"]["message"]
            return audio, error if ended or error else "cut without a word", reply.status
    except urllib.error.HTTPError as refusal:
        return "", refusal.read().decode(), refusal.code


def metric(url, name):
    text = urllib.request.urlopen(url + "/metrics", timeout=10).read().decode()
    return {line.split(" ")[0]: float(line.split(" ")[1]) for line in text.splitlines() if line.startswith(name)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("orpheus")
    parser.add_argument("model")
    parser.add_argument("codec")
    parser.add_argument("llama_server")
    parser.add_argument("--most-cpu", type=float, default=0.2, help="seconds for 820 tokens (%(default)s)")
    options = parser.parse_args()
    check = Check()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="remote-"))
    os.environ["no_proxy"] = "*"
    environment_keys = [key for key in os.environ if key.startswith("ORPHEUS_")]
    for key in environment_keys:
        del os.environ[key]

    def start_server(port):
        command = shlex.split(options.llama_server) + ["--host", "127.0.0.1", "--port", str(port)]
        return Process(command, port, "/health", folder / "llama-server.log")

    ports = [free_port(), free_port()]
    servers = [start_server(port) for port in ports]
    urls = ",".join(server.url for server in servers)
    ours = None
    try:
        def generate(where, count):
            return json.loads(run([options.orpheus, "generate", *where, "--prompt-ids", "-", "--tokens", str(count),
                                   "--greedy", "--ignore-stop"], json.dumps(PROMPT)))["ids"]

        here = generate(["--model", options.model, "--threads", "1"], 140)
        there = generate(["--lm-url", servers[0].url], 140)
        check(here == there and len(there) == 140, f"140 tokens through the server are those of the local engine")

        def say(where, name):
            out = folder / name
            run([options.orpheus, "say", "The same words, twice.", "--codec", options.codec, "--model", options.model,
                 "--temperature", "0", "--repetition-penalty", "1", "--seed", "1", "--max-tokens", "140", *where,
                 "-o", str(out)])
            return out.read_bytes()

        local = say(["--threads", "1"], "here.f32")
        remote = say(["--lm-url", servers[0].url], "there.f32")
        check(local == remote and len(local) > 0, f"{len(local) // 4} samples through the server are those of here")

        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        long = generate(["--lm-url", servers[0].url], 820)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        check(len(long) == 820 and cpu <= options.most_cpu, f"{len(long)} tokens cost {cpu:.3f} s of CPU time")

        port = free_port()
        ours = Process([options.orpheus, "serve", "--port", str(port), "--codec", options.codec, "--model", options.model,
                        "--temperature", "0", "--repetition-penalty", "1", "--max-tokens", "140", "--lm-url", urls],
                       port, "/health/ready", folder / "orpheus.log")
        alone, error, _ = speak(ours.url, "Eight at once.")
        check(error is None and alone != "", f"a speech streams over both ({error})")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda _: speak(ours.url, "Eight at once."), range(8)))
        equal = sum(one == (alone, None, 200) for one in together)
        check(all(error is None for _, error, _ in together), "eight speeches at once all end well")
        print(f"      {equal} of 8 have the very samples of the one alone (a batch may round otherwise)")

        outcomes = []
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            speeches = [pool.submit(speak, ours.url, f"Request number {i} of fifty.") for i in range(50)]
            for number, speech in enumerate(concurrent.futures.as_completed(speeches)):
                outcomes.append(speech.result())
                if number == 14:
                    servers[0].stop()
        whole = [o for o in outcomes if o[1] is None]
        begun = [o for o in outcomes if o[1] is not None and o[0] != ""]
        refused = [o for o in outcomes if o[1] is not None and o[0] == ""]
        check(not refused, f"of 50, one server killed after 15: {len(whole)} whole, {len(begun)} ended by an error event, "
                           f"{len(refused)} failed before any sound {refused[:1]}")
        check(all(error != "cut without a word" for _, error, _ in begun), f"errors are told: {begun[0][1] if begun else 'none'}")
        check(0.0 in metric(ours.url, "orpheus_remote_up").values(), "the dead one counts as down")

        servers[0] = start_server(ports[0])
        for _ in range(300):
            if list(metric(ours.url, "orpheus_remote_up").values()) == [1.0, 1.0]:
                break
            time.sleep(0.1)
        check(list(metric(ours.url, "orpheus_remote_up").values()) == [1.0, 1.0], "it is in again after it came back")
        again = [speak(ours.url, "Once more.") for _ in range(4)]
        check(all(error is None for _, error, _ in again), "and speeches end well")
    finally:
        for process in [*servers, *([ours] if ours else [])]:
            process.stop()
    return 1 if check.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, OSError) as error:
        print(f"remote_with_llama_server: {error}", file=sys.stderr)
        sys.exit(2)
