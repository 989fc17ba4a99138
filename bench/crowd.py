#!/usr/bin/env python3
"""Measures the time to the first byte with many clients that never read and many that wait, and the server's threads.

  bench/crowd.py [--never_read 64] [--wait 500] [--arg=--model=FILE ...]

The crowd uses one key. Each of its clients requests a book (and never reads) or a long passage (and reads as it arrives). Ten
newcomers with another key request "Hello.", one after the other. Environment: ORPHEUS is the program (build/release/orpheus). Prints one
line of JSON: the newcomers' times to the first byte in seconds, the largest number of threads, and how many of the crowd were refused."""
import json
import os
import selectors
import socket
import threading
import time

from programs import Server, parser_of

SENTENCE = "The old lighthouse stood at the end of the long stone pier, and nobody had climbed its stairs for years. "


def ask(server, key, text):
    body = json.dumps({"input": text, "response_format": "pcm"}).encode()
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    connection.connect((server.host, server.port))
    connection.sendall(b"POST /v1/audio/speech HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer " + key.encode() +
                       b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
    return connection


class Readers(threading.Thread):
    """Reads all connections as data arrives, and counts the refused ones."""

    def __init__(self, connections):
        super().__init__(daemon=True)
        self.selector, self.num_refused, self.stopped = selectors.DefaultSelector(), 0, False
        for connection in connections:
            connection.setblocking(False)
            self.selector.register(connection, selectors.EVENT_READ, data={"first": True})

    def run(self):
        while not self.stopped:
            for key, _ in self.selector.select(timeout=0.1):
                piece = key.fileobj.recv(1 << 16)
                if key.data.pop("first", False) and b" 200 " not in piece[:20]:
                    self.num_refused += 1
                if not piece:
                    self.selector.unregister(key.fileobj)


def main():
    parser = parser_of(__doc__, never_read=64, wait=500)
    parser.add_argument("--arg", action="append", default=[], help="a flag for the server")
    options = parser.parse_args()
    server = Server(*options.arg, environment={"ORPHEUS_SERVER_KEYS": "crowd,newcomer"}, max_waiting=1000)
    most_threads = 0
    silent = [ask(server, "crowd", SENTENCE * 100) for _ in range(options.never_read)]
    time.sleep(2)
    readers = Readers([ask(server, "crowd", SENTENCE * 5) for _ in range(options.wait)])
    readers.start()
    first_bytes = []
    for _ in range(10):
        time.sleep(1)
        most_threads = max(most_threads, server.num_threads())
        begin = time.monotonic()
        connection = ask(server, "newcomer", "Hello.")
        connection.settimeout(60)
        answer = connection.recv(64)
        first_bytes.append(round(time.monotonic() - begin, 3))
        if b" 200 " not in answer:
            raise SystemExit(f"the newcomer was answered {answer!r}")
        connection.close()
    readers.stopped = True
    print(json.dumps({"first_bytes": first_bytes, "most_threads": most_threads, "refused": readers.num_refused,
                      "cores": os.cpu_count()}))
    for connection in silent:
        connection.close()
    server.stop()


main()
