#!/usr/bin/env python3
"""Measures the time to the first byte of a short request, with and without books, and the pace of the books.

  bench/beside_books.py [--books 0,2,8] [--sequences 8,2] [--newcomers 40] [--settle 4] [--alone 8] [--every_two 5]
                        [--arg=--model=FILE ...]

A book is a client that requests a long text and reads the sound as fast as it arrives. First the books run alone, for --settle +
--alone seconds. Then newcomers request "Hello.", one at a time: first at random times, then --every_two of them every two seconds.
Environment: ORPHEUS is the program (build/release/orpheus). Prints one line of JSON for each pair of books and sequences:
percentiles of the time to the first byte in seconds, and the seconds of sound per second that all books together received: alone,
with newcomers at random times, and with a newcomer every two seconds."""
import http.client
import json
import random
import statistics
import threading
import time

from programs import Server, parser_of

BYTES_PER_SECOND = 48000  # of pcm
SENTENCES = ["The old lighthouse stood at the end of the long stone pier, and nobody had climbed its stairs for years.",
             "In the morning the fishermen came back with less than they had hoped for, but nobody complained about it.",
             "She opened the letter slowly, read it twice, and put it back into the drawer where it had been all winter.",
             "There was a quiet road behind the mill that led through the fields and down to the river."]


def ask(server, text):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=120)
    connection.request("POST", "/v1/audio/speech", json.dumps({"input": text, "response_format": "pcm"}))
    response = connection.getresponse()
    if response.status != 200:
        raise SystemExit(f"status {response.status}: {response.read()!r}")
    return connection, response


class Book(threading.Thread):
    """Requests one long speech after the other and counts the bytes."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server, self.number_of_book, self.num_bytes, self.stopped = server, number, 0, False

    def run(self):
        order = random.Random(self.number_of_book)
        while not self.stopped:
            text = " ".join(order.choice(SENTENCES) for _ in range(200))
            connection, response = ask(self.server, text)
            while not self.stopped:
                piece = response.read1(1 << 16)
                if not piece:
                    break
                self.num_bytes += len(piece)
            connection.close()


def first_byte(server):
    begin = time.monotonic()
    connection, response = ask(server, "Hello.")
    response.read(1)
    taken = time.monotonic() - begin
    response.read()
    connection.close()
    return taken


class Pace:
    """Seconds of sound per second that all books received since this object was created."""

    def __init__(self, books):
        self.books, self.begin, self.before = books, time.monotonic(), sum(book.num_bytes for book in books)

    def now(self):
        made = sum(book.num_bytes for book in self.books) - self.before
        return round(made / BYTES_PER_SECOND / (time.monotonic() - self.begin), 2)


def percentile(values, share):
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 3)


def measure(num_books, sequences, options):
    server = Server(*options.arg, max_sequences=sequences)
    moments = random.Random(1)
    first_byte(server)
    books = [Book(server, number) for number in range(num_books)]
    for book in books:
        book.start()
    time.sleep(options.settle)
    alone = Pace(books)
    time.sleep(options.alone)
    result = {"books": num_books, "sequences": sequences, "pace_alone": alone.now()}
    beside = Pace(books)
    taken = []
    for _ in range(options.newcomers):
        time.sleep(moments.uniform(0.05, 0.6))
        taken.append(first_byte(server))
    result["pace_beside_newcomers"] = beside.now()
    if options.every_two > 0:
        beside = Pace(books)
        for _ in range(options.every_two):
            due = time.monotonic() + 2
            first_byte(server)
            time.sleep(max(0, due - time.monotonic()))
        result["pace_beside_one_every_2_s"] = beside.now()
    result.update(p50=round(statistics.median(taken), 3), p95=percentile(taken, 0.95), worst=round(max(taken), 3),
                  threads=server.num_threads())
    for book in books:
        book.stopped = True
    server.stop()
    print(json.dumps(result), flush=True)


def main():
    parser = parser_of(__doc__, newcomers=40, settle=4, alone=8, every_two=5)
    parser.add_argument("--books", default="0,2,8")
    parser.add_argument("--sequences", default="8,2")
    parser.add_argument("--arg", action="append", default=[], help="a flag for the server")
    options = parser.parse_args()
    for sequences in options.sequences.split(","):
        for num_books in options.books.split(","):
            measure(int(num_books), int(sequences), options)


main()
