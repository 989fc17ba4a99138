#!/usr/bin/env python3
"""Makes one call of the program fail in each run, and checks the outcome.

  tests/faults/try.py PROGRAM FAULTS.so [--minutes 15] [--seed 1] [--only say,mp3,speech,reload,pull] [--kinds write,open,...]

Scenarios: `say` to a WAV and to an MP3, requests to a server, its reload, and a `pull` from a server of this script. In each
scenario, one call fails per run: one allocation on every call stack, 500 random allocations, and every write, fsync, open, mmap,
read, connect, send, receive, rename and thread start (if there are many calls, a sample of them).

A run may have three outcomes: the same bytes as without a fault; an error with our message and no file with the final name; for
a request, an error or a closed connection. The program must not hang, end by a signal or an exception without our message,
succeed with other bytes, or leave a partial file. (If a library ends the program because it gets no memory, the run is counted
separately.) After a failed request the server must serve the next one. Prints each run with another outcome, with the stack of
the failed call; the exit status is then 1."""
import argparse
import ctypes
import hashlib
import http.client
import http.server
import json
import mmap
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

KINDS = ("allocation", "write", "sync", "open", "map", "read", "connect", "thread", "send", "receive", "rename")
MAX_OF_A_KIND = 60       # most failing calls of one kind
RANDOM_ALLOCATIONS = 500
HANGS_AFTER = 20         # seconds
PROGRAM_AT = 0x555555554000  # the address of a program without address randomisation
DATA = Path(__file__).resolve().parent.parent / "data"
TEXT = "One two."
GAVE_UP = "gave up: "  # a library ended the program, with our message, after its own call failed


class Control:
    """The same members as in faults.c."""
    ARMED, KIND, AT, SIEVE, FIRED, NUM_FRAMES, COUNTS, FRAMES, TRIED = 0, 4, 8, 16, 24, 28, 32, 160, 352
    SIZE = TRIED + 8 * (1 << 16)

    def __init__(self, path):
        self.path = str(path)
        with open(path, "w+b") as file:
            file.truncate(self.SIZE)
            self.map = mmap.mmap(file.fileno(), self.SIZE)

    def get(self, at, form="i"):
        return struct.unpack_from(form, self.map, at)[0]

    def put(self, at, value, form="i"):
        struct.pack_into(form, self.map, at, value)

    def arm(self, kind, at, sieve=1):
        self.map[self.FIRED:self.FRAMES] = bytes(self.FRAMES - self.FIRED)
        self.put(self.KIND, KINDS.index(kind))
        self.put(self.AT, at, "q")
        self.put(self.SIEVE, sieve, "q")
        self.put(self.ARMED, 1)

    def disarm(self):
        self.put(self.ARMED, 0)

    def fired(self):
        return self.get(self.FIRED) == 1

    def counts(self):
        return {kind: self.get(self.COUNTS + 8 * i, "q") for i, kind in enumerate(KINDS)}

    def stack(self):
        return [self.get(self.FRAMES + 8 * i, "Q") for i in range(self.get(self.NUM_FRAMES))]


def before_start():
    ctypes.CDLL(None).personality(0x0040000)  # ADDR_NO_RANDOMIZE: equal call stacks in all runs


class Lab:
    def __init__(self, program, faults, folder):
        self.program, self.folder = str(Path(program).resolve()), Path(folder)
        self.control = Control(self.folder / "faults")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("ORPHEUS_")}
        self.environment.update(XDG_DATA_HOME=str(self.folder / "data"), no_proxy="127.0.0.1", HOME=str(self.folder))
        self.faulty = {**self.environment, "LD_PRELOAD": str(Path(faults).resolve()), "ORPHEUS_FAULTS": self.control.path}
        made = subprocess.run([self.program, "synth-voice", str(self.folder / "voice"), "--size", "tiny"], capture_output=True,
                              env=self.environment, check=False)
        if made.returncode != 0:
            sys.exit("faults: no voice: " + made.stderr.decode())
        self.voice = ["--model", str(self.folder / "voice/lm.gguf"), "--codec", str(self.folder / "voice/codec.gguf"),
                      "--threads", "2", "--max-tokens", "70"]

    def start(self, words, **more):
        return subprocess.Popen([self.program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=self.folder,
                                preexec_fn=before_start, env={**self.faulty, **more.pop("environment", {})}, **more)

    def run(self, words, **more):
        """Returns the exit status (None: hung) and the messages."""
        process = self.start(words, stderr=subprocess.PIPE, **more)
        try:
            _, said = process.communicate(timeout=HANGS_AFTER)
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate()
            return None, said.decode(errors="replace")
        return process.returncode, said.decode(errors="replace")

    def names_of(self, stack):
        """The stack of the failed call, innermost first: our functions by name, others by library."""
        lines = Path(self.control.path + ".stack").read_text(errors="replace").splitlines()
        inside = [hex(frame - 1 - PROGRAM_AT) for frame in stack if PROGRAM_AT <= frame < PROGRAM_AT + (1 << 32)]
        told = subprocess.run(["addr2line", "-f", "-C", "-s", "-e", self.program, *inside], capture_output=True, text=True, check=False)
        ours = iter(told.stdout.splitlines()[::2])
        names = []
        for frame, line in zip(stack, lines):
            library = re.match(r"(?:.*/)?([\w+.-]+)\((\w*)", line)
            if PROGRAM_AT <= frame < PROGRAM_AT + (1 << 32):
                names.append(re.sub(r"<.*>|\(.*\)|\[.*?\]|orpheus::", "", next(ours, "?"))[:60])
            elif library and not library.group(1).startswith(("faults", "libc.so")):
                names.append(library.group(1).split(".so")[0] + (":" + library.group(2) if library.group(2) else ""))
        return [name for i, name in enumerate(names) if name and names[max(0, i - 1)] != name or i == 0][:14]


def culprit(names):
    """The library that made the failed call; '' if our code did."""
    for name in names:
        if not re.match(r"libfaults|faults|libstdc|libgcc|std::|operator|__gnu", name):
            library = re.match(r"(?:void\*? |auto |_ZN\d*)?(ggml|gguf|lib\w+|boost|nlohmann)", name)
            return library.group(1) if library else ""
    return ""


def fault_of_an_end(status, said):
    """The problem with a command's outcome; '' if there is none."""
    if status is None:
        return "hung"
    if status != 0 and "orpheus: " not in said:
        return f"ended with {status} without our message"
    if "terminate called" in said:
        return GAVE_UP + "an exception that nobody caught"
    if status < 0:
        return GAVE_UP + f"ended by signal {-status}"
    return ""


class Command:
    """A command that writes one file."""

    def __init__(self, lab):
        self.lab = lab
        self.place = lab.folder / "out"
        self.place.mkdir(exist_ok=True)

    def set_up(self):
        self.lab.control.disarm()
        self.clean()
        status, said = self.lab.run(self.words(), environment=self.variables())
        if status != 0:
            sys.exit(f"faults: {self.name} fails without a fault: {said}")
        self.wanted = self.made()

    def variables(self):
        return {}

    def made(self):
        files = sorted(path for path in self.place.rglob("*") if path.is_file())
        return {str(path.relative_to(self.place)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def clean(self):
        subprocess.run(["rm", "-rf", *map(str, self.place.iterdir())], check=True)

    def attempt(self):
        self.clean()
        status, said = self.lab.run(self.words(), environment=self.variables())
        problem = fault_of_an_end(status, said)
        made = self.made()
        if not problem and status == 0 and made != self.wanted:
            problem = "success with another file"
        if not problem and status != 0:
            problem = self.left_over(made, status)
        return problem, f"exit {status}: {said.strip()[-300:]}"

    def left_over(self, made, status):
        finals = {name: digest for name, digest in made.items() if not name.endswith(".part") and "/." not in "/" + name}
        if any(self.wanted.get(name) != digest for name, digest in finals.items()):
            return "a partial file under the final name"
        return "a part of a file is left" if status > 0 and len(finals) != len(made) else ""

    def tear_down(self):
        pass


class Say(Command):
    def __init__(self, lab, name, file):
        super().__init__(lab)
        self.name, self.file = name, self.place / file

    def words(self):
        return ["say", TEXT, "--seed", "1", *self.lab.voice, "-o", str(self.file)]


class Pull(Command):
    """Pulls from a hub of this script, which has the tiny voice under every name."""
    name = "pull"

    def __init__(self, lab):
        super().__init__(lab)
        voice = (lab.folder / "voice/lm.gguf").read_bytes()
        codec = {name: (DATA / "snac-tiny" / name).read_bytes() for name in ("config.json", "pytorch_model.bin")}

        self.published = {hashlib.sha256(content).hexdigest() for content in (voice, *codec.values())}

        class Hub(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                name = self.path.rsplit("/", 1)[-1].split("?")[0]
                content = voice if name.endswith(".gguf") else codec.get(name) if "snac_24khz" in self.path else None
                begin = int((re.search(r"bytes=(\d+)", self.headers.get("Range", "")) or [0, 0])[1])
                self.send_response(404 if content is None else 206 if begin else 200)
                content = content or b"none"
                if begin:
                    self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
                self.send_header("ETag", '"v1"')
                self.send_header("Content-Length", str(len(content) - begin))
                self.end_headers()
                self.wfile.write(content[begin:])

            def log_message(self, *_):
                pass

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass

        self.hub = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
        self.hub.daemon_threads = True
        threading.Thread(target=self.hub.serve_forever, daemon=True).start()

    def variables(self):
        return {"XDG_DATA_HOME": str(self.place), "ORPHEUS_HUB_URL": f"http://127.0.0.1:{self.hub.server_port}"}

    def words(self):
        return ["pull", "french"]

    def left_over(self, made, status):
        # A complete download keeps its name, an incomplete one is kept as a part for the next pull.
        for name, digest in made.items():
            if ".part" not in name and not name.endswith(".sha256") and digest not in {self.wanted.get(name), *self.published}:
                return f"a partial file under the final name: {name}"
        self.lab.control.disarm()
        status, said = self.lab.run(self.words(), environment=self.variables())
        made = self.made()
        other = sorted(name for name in {*made, *self.wanted} if made.get(name) != self.wanted.get(name))
        return "" if status == 0 and not other else f"the next pull does not mend it: {' '.join(other)} {said.strip()[-200:]}"

    def tear_down(self):
        self.hub.shutdown()


class Served:
    """Requests to a server that runs during all of them."""

    def __init__(self, lab, name, reload=False):
        self.lab, self.name, self.reload, self.server, self.log = lab, name, reload, None, None
        self.num_reloads = 0

    def set_up(self):
        self.start()
        kind, self.wanted = self.speech()
        if kind != "whole":
            sys.exit(f"faults: the server does not speak: {self.wanted}")
        if self.reload and self.ask_reload()[0] != "whole":
            sys.exit("faults: the server does not reload: " + self.said())

    def start(self):
        self.stop()
        self.lab.control.disarm()
        self.log = tempfile.TemporaryFile()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.server = self.lab.start(["serve", "--port", str(self.port), *self.lab.voice], stderr=self.log)
        deadline = time.monotonic() + HANGS_AFTER
        while "serving" not in self.said():
            if self.server.poll() is not None or time.monotonic() > deadline:
                sys.exit("faults: the server does not start: " + self.said())
            time.sleep(0.02)

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def ask(self, method, path, body=None):
        """As this machine's user: ('whole', bytes), ('refused', status), ('cut', why) or ('hung', '')."""
        headers = {"Authorization": "Bearer " + (self.lab.folder / "data/orpheus/user-token").read_text().strip()}
        if body:
            headers["Content-Type"] = "application/json"
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANGS_AFTER)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            return ("whole", content) if answer.status == 200 else ("refused", f"{answer.status} {content[:200]!r}")
        except TimeoutError:
            return "hung", ""
        except (OSError, http.client.HTTPException) as cut:
            return "cut", repr(cut)

    def speech(self):
        kind, told = self.ask("POST", "/v1/audio/speech", json.dumps({"input": TEXT, "seed": 1, "response_format": "wav"}))
        return kind, hashlib.sha256(told).hexdigest() if kind == "whole" else told

    def ask_reload(self):
        # Another name for the same bytes, so that the voice is loaded again.
        self.num_reloads += 1
        model = self.lab.folder / "voice/lm.gguf"
        os.utime(model, (time.time(), 1_000_000_000 + self.num_reloads))
        return self.ask("POST", "/restart_server", "{}")

    def attempt(self):
        kind, told = self.ask_reload() if self.reload else self.speech()
        self.lab.control.disarm()
        problem = ""
        if kind == "hung":
            problem = "hung"
        elif kind == "whole" and not self.reload and told != self.wanted:
            problem = "success with another sound"
        status = self.server.poll() if kind != "cut" else self.end_of_server()
        if status is not None:
            problem = fault_of_an_end(status, self.said()[-2000:]) or f"the server ended with {status}"
        if not problem:
            problem = self.next_fails()
            # A server that ends behind a whole answer.
            status = self.end_of_server() if problem else None
            if status is not None:
                problem = fault_of_an_end(status, self.said()[-2000:]) or f"the server ended with {status}"
        outcome = f"{kind} {told}; {self.said().strip()[-400:]}"
        if problem or self.log.tell() > 1 << 20:
            self.start()
        return problem, outcome

    def end_of_server(self):
        """For a closed connection: waits, because an ending server takes a moment."""
        try:
            return self.server.wait(timeout=0.15)
        except subprocess.TimeoutExpired:
            return None

    def next_fails(self):
        for _ in range(50):
            kind, told = self.speech()
            if kind == "whole":
                return "" if told == self.wanted else "the next speech is another one"
            if "Restart the program" in told:
                return GAVE_UP + "the server says that it cannot speak any more"
            if kind != "refused" or not told.startswith("503"):
                break
            time.sleep(0.1)  # a voice may still be loading
        return f"the next speech is {kind} {told}"

    def stop(self):
        if self.server is None:
            return
        self.server.terminate()
        try:
            self.server.wait(timeout=HANGS_AFTER)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()

    def tear_down(self):
        self.stop()


class Trial:
    """Runs all faults of one scenario."""

    def __init__(self, lab, scenario, chance):
        self.lab, self.control, self.scenario, self.chance = lab, lab.control, scenario, chance
        self.num_injected, self.findings, self.given_up = {}, {}, {}

    def once(self, kind, at, sieve=1):
        """Returns whether there was a problem."""
        self.control.arm(kind, at, sieve)
        problem, outcome = self.scenario.attempt()
        fired = self.control.fired()
        self.control.disarm()
        if fired:
            self.num_injected[kind] = self.num_injected.get(kind, 0) + 1
        names = self.lab.names_of(self.control.stack()) if fired else ["nothing failed"]
        if problem.startswith(GAVE_UP):
            problem = problem[len(GAVE_UP):]
            if fired and culprit(names):
                self.given_up[culprit(names)] = self.given_up.get(culprit(names), 0) + 1
                problem = ""
        if problem:
            key = (problem.split(":")[0], kind, *[name for name in names if "::" in name][:2])
            if key not in self.findings:
                print(f"{self.scenario.name}: {kind}: {problem}\n    {' < '.join(names)}\n    {outcome}", flush=True)
            self.findings[key] = self.findings.get(key, 0) + 1
        return fired

    def count(self):
        self.control.arm("rename", (1 << 62))
        problem, outcome = self.scenario.attempt()
        if problem:
            sys.exit(f"faults: {self.scenario.name} fails without a fault: {problem}: {outcome}")
        return self.control.counts()

    def run(self, seconds, kinds):
        begin = time.monotonic()
        def is_over(share):
            return time.monotonic() - begin > share * seconds
        self.scenario.set_up()
        counts = self.count()
        for kind in KINDS[1:]:
            if kind not in kinds:
                continue
            numbers = range(counts[kind])
            if len(numbers) > MAX_OF_A_KIND:
                numbers = sorted({0, counts[kind] - 1, *self.chance.sample(numbers, MAX_OF_A_KIND - 2)})
            for number in numbers:
                if is_over(0.45):
                    print(f"{self.scenario.name}: {kind}: the time is over at {number} of {counts[kind]}")
                    break
                self.once(kind, number)
        whole = False
        if "allocation" in kinds:
            sieve = 256
            while not is_over(0.85) and not whole:
                if not self.once("allocation", -1, sieve):
                    whole, sieve = sieve == 1, max(1, sieve // 2)
            num_stacks = self.num_injected.get("allocation", 0)
            for number in range(RANDOM_ALLOCATIONS):
                if is_over(1):
                    break
                self.once("allocation", self.chance.randrange(max(1, counts["allocation"])))
            print(f"{self.scenario.name}: {num_stacks} call stacks that allocate{'' if whole else ', not all of them'}")
        self.scenario.tear_down()
        told = ", ".join(f"{count} {kind}" for kind, count in self.num_injected.items())
        print(f"{self.scenario.name}: {told} failed in {time.monotonic() - begin:.0f} s; "
              f"{sum(self.findings.values())} ended as they must not, {len(self.findings)} kinds", flush=True)
        for library, count in self.given_up.items():
            print(f"    {count} ended with our message where {library} has no way to go on")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("faults")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="say,mp3,speech,reload,pull")
    parser.add_argument("--kinds", default=",".join(KINDS))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    makers = {"say": lambda lab: Say(lab, "say", "speech.wav"), "mp3": lambda lab: Say(lab, "mp3", "speech.mp3"),
              "speech": lambda lab: Served(lab, "speech"), "reload": lambda lab: Served(lab, "reload", True), "pull": Pull}
    wanted = options.only.split(",")
    num_findings = 0
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="orpheus-faults-") as folder:
            lab = Lab(options.program, options.faults, folder)
            trial = Trial(lab, makers[name](lab), chance)
            trial.run(options.minutes * 60 / len(wanted), options.kinds.split(","))
            num_findings += len(trial.findings)
    return 1 if num_findings else 0


if __name__ == "__main__":
    sys.exit(main())
