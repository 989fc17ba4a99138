#!/usr/bin/env python3
"""Shows that idle WebSockets leave the places to those that ask, and what they cost.

  bench/idle_sockets.py [--idle 500] [--asking 50] [--arg=--model=FILE ...]

Opens the idle sockets at `orpheus serve --max-sequences 8 --max-waiting 50`, then the asking ones, which all send a sentence at once and
read the sound as it arrives. Environment: ORPHEUS is the program (build/release/orpheus). Prints one line of JSON: how many were refused
or left without their sound, the seconds to their first sound, the server's memory in MiB (with no socket, with the idle ones, at most)
and its threads."""
import base64
import json
import os
import selectors
import socket
import statistics
import struct
import time

from programs import Server, parser_of

SENTENCE = "The old lighthouse stood at the end of the long stone pier, and nobody had climbed its stairs for years. "
PATH = "/v1/audio/speech/stream"
TEXT, CLOSE = 1, 8


class Socket:
    """A WebSocket of a client, without any library."""

    def __init__(self, server):
        self.connection = socket.create_connection((server.host, server.port), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {server.host}:{server.port}\r\nUpgrade: websocket\r\n"
                                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.unread = b""
        while b"\r\n\r\n" not in self.unread:
            self.unread += self.connection.recv(4096)
        head, self.unread = self.unread.split(b"\r\n\r\n", 1)
        if b" 101 " not in head:
            raise SystemExit(f"the server refused a socket: {head[:200]!r}")

    def send(self, message, kind=TEXT):
        payload, mask = message.encode(), os.urandom(4)
        length = struct.pack("!B", 128 + len(payload)) if len(payload) < 126 else struct.pack("!BH", 254, len(payload))
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.connection.sendall(bytes([128 + kind]) + length + mask + masked)

    def frames(self, received):
        """The whole frames: kind, payload."""
        self.unread += received
        while len(self.unread) >= 2:
            begin, length = 2, self.unread[1]
            if length >= 126:
                begin = 4 if length == 126 else 10
                if len(self.unread) < begin:
                    return
                length = int.from_bytes(self.unread[2:begin], "big")
            if len(self.unread) < begin + length:
                return
            kind, payload = self.unread[0] & 15, self.unread[begin:begin + length]
            self.unread = self.unread[begin + length:]
            yield kind, payload


def memory_mib(server, key="VmRSS"):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(key + ":"))


def ask_all(server, asking):
    """→ seconds to the first sound of each, and how many had an end; the most threads"""
    begin, firsts, num_done, most_threads = time.monotonic(), {}, 0, 0
    selector = selectors.DefaultSelector()
    for client in asking:
        selector.register(client.connection, selectors.EVENT_READ, data=client)
        client.send(json.dumps({"type": "input_text.append", "text": SENTENCE}))
        client.send(json.dumps({"type": "input_text.end"}))
    while selector.get_map():
        most_threads = max(most_threads, server.num_threads())
        ready = selector.select(timeout=300)
        if not ready:
            break
        for key, _ in ready:
            received = key.fileobj.recv(1 << 16)
            has_ended = not received
            for kind, payload in key.data.frames(received):
                event = json.loads(payload)["type"] if kind == TEXT else ""
                if event == "speech.audio.delta":
                    firsts.setdefault(key.data, time.monotonic() - begin)
                num_done += event == "speech.audio.done"
                has_ended |= event in ("speech.audio.done", "error") or kind == CLOSE
            if has_ended:
                selector.unregister(key.fileobj)
    return list(firsts.values()), num_done, most_threads


def main():
    parser = parser_of(__doc__, idle=500, asking=50)
    parser.add_argument("--arg", action="append", default=[], help="a flag for the server")
    options = parser.parse_args()
    server = Server(*options.arg, max_sequences=8, max_waiting=50)
    warm = Socket(server)  # what the first speech allocates does not count
    ask_all(server, [warm])
    before = memory_mib(server)
    idle = [Socket(server) for _ in range(options.idle)]
    with_idle = memory_mib(server)
    begin = time.monotonic()
    firsts, num_done, most_threads = ask_all(server, [Socket(server) for _ in range(options.asking)])
    print(json.dumps({"idle": len(idle), "asking": options.asking, "refused": options.asking - num_done,
                      "first_sound_s": {"median": round(statistics.median(firsts), 2), "worst": round(max(firsts), 2)},
                      "all_done_s": round(time.monotonic() - begin, 1),
                      "mib": {"before": round(before, 1), "with_idle": round(with_idle, 1),
                              "most": round(memory_mib(server, "VmHWM"), 1)},
                      "most_threads": most_threads, "cores": os.cpu_count()}))
    server.stop()
    raise SystemExit(0 if num_done == options.asking else 1)


main()
