#!/usr/bin/env python3
"""Measures a speech server with an open loop: requests arrive at random (a Poisson process) and do not wait for responses.

    serve_load.py [URL] [--rate 1] [--seconds 60] [--seed 1] [--svg FILE] [--requests]
    serve_load.py [URL] --search            finds the largest rate that is held, then measures 80 % of it

URL is the base of an OpenAI-compatible server (http://127.0.0.1:8000/v1). Without it, the script starts 'orpheus serve' with the
arguments behind '--'. Prints one line of JSON. Times count from the planned time of a request, in ms:

    lag               until the request began: how late this script was
    first_byte        until the first byte of the response's body
    first_audible     until the first sample above --audible arrived
    sound             seconds of sound; x_real_time is sound divided by the time from the request to its last byte
    underruns         responses that paused: a client plays once it has --player-buffer seconds of sound

A rate is held if no response paused or failed, 1 % at most were refused (429), and 95 % of the first audible samples came within
--first-audible-ms. --voice, --model, --characters and --body choose what is asked for; the texts depend on --seed alone."""
import argparse
import array
import asyncio
import json
import random
import ssl
import statistics
import sys
import time
import urllib.parse

from programs import Server

WORDS = ("the a small boat river morning light walked under old trees and over bridge near water quiet stones long road home with "
         "some people who sing while rain falls on green fields").split()


def text_of(characters, chance):
    """Sentences of 6 to 14 words with about this many characters."""
    said = ""
    while len(said) < characters:
        said += " ".join(chance.choice(WORDS) for _ in range(chance.randint(6, 14))).capitalize() + ". "
    cut = said[:characters].rstrip(" .")
    return cut + "."


class Player:
    """A client that plays once it has buffered enough, and waits where sound is missing."""

    def __init__(self, buffer):
        self.buffer, self.held, self.dry_at, self.began, self.underruns, self.longest = buffer, 0.0, None, None, 0, 0.0

    def receive(self, seconds, now):
        if self.dry_at is None:
            self.held += seconds
            if self.held >= self.buffer:
                self.begin(now)
            return
        if now > self.dry_at:
            self.underruns += 1
            self.longest = max(self.longest, now - self.dry_at)
        self.dry_at = max(self.dry_at, now) + seconds

    def begin(self, now):
        if self.dry_at is None:
            self.began, self.dry_at = now, now + self.held


async def read_head(reader):
    status = int((await reader.readline()).split()[1])
    headers = {}
    while (line := (await reader.readline()).decode("latin-1").strip()):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return status, headers


async def body_of(reader, headers):
    """The parts of a response's body, as they arrive."""
    if "chunked" in headers.get("transfer-encoding", ""):
        while (size := int((await reader.readline()).split(b";")[0], 16)) > 0:
            while size > 0:
                part = await reader.read(size)
                if not part:
                    raise ConnectionError("the response ended early")
                size -= len(part)
                yield part
            await reader.readline()
        return
    left = int(headers["content-length"]) if "content-length" in headers else None
    while left is None or left > 0:
        part = await reader.read(65536 if left is None else min(left, 65536))
        if not part:
            if left:
                raise ConnectionError("the response ended early")
            return
        left = None if left is None else left - len(part)
        yield part


async def speak(options, text, due):
    """One request. The result's times are seconds from `due`."""
    url = urllib.parse.urlsplit(options.url)
    result = {"lag": time.monotonic() - due, "characters": len(text)}
    player = Player(options.player_buffer)
    sound = first_byte = audible = 0.0
    rest = b""
    try:
        secure = ssl.create_default_context() if url.scheme == "https" else None
        reader, writer = await asyncio.open_connection(url.hostname, url.port or (443 if secure else 80), ssl=secure)
        body = {"input": text, "response_format": "pcm", "model": options.model, "voice": options.voice, **json.loads(options.body)}
        payload = json.dumps({name: value for name, value in body.items() if value != ""}).encode()
        key = f"Authorization: Bearer {options.key}\r\n" if options.key else ""
        writer.write((f"POST {url.path.rstrip('/')}/audio/speech HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n{key}"
                      f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n").encode() + payload)
        result["status"], headers = await read_head(reader)
        rate = int(headers.get("x-sample-rate", 24000))
        async for part in body_of(reader, headers):
            now = time.monotonic()
            if result["status"] != 200:
                continue
            first_byte = first_byte or now
            part = rest + part
            rest = part[len(part) // 2 * 2:]
            samples = array.array("h", part[:len(part) // 2 * 2])
            if not audible and samples and max(max(samples), -min(samples)) >= options.audible:
                audible = now
            sound += len(samples) / rate
            player.receive(len(samples) / rate, now)
        ended = time.monotonic()
        player.begin(ended)
        writer.close()
    except (OSError, ValueError, IndexError, KeyError) as error:
        result["status"] = result.get("status", 0)
        result["failed"] = str(error) or type(error).__name__
        return result
    if result["status"] == 200 and not sound:
        result["failed"] = "no sound"
    elif result["status"] == 200:
        result.update(first_byte=first_byte - due, first_audible=(audible or ended) - due, sound=sound, played_from=player.began - due,
                      played_to=player.dry_at - due, x_real_time=sound / (ended - due - result["lag"]), underruns=player.underruns,
                      longest_underrun=player.longest)
    elif result["status"] != 429:
        result["failed"] = f"status {result['status']}"
    return result


async def load(options, rate):
    """All results of one run, and when each was due."""
    chance = random.Random(options.seed)
    due, plan = 0.0, []
    while (due := due + chance.expovariate(rate)) < options.seconds:
        plan.append((due, text_of(chance.randint(*options.characters), chance)))
    start = time.monotonic() + 0.2
    tasks = []
    for due, text in plan:
        await asyncio.sleep(max(0.0, start + due - time.monotonic()))
        tasks.append(asyncio.create_task(speak(options, text, start + due)))
    results = await asyncio.gather(*tasks)
    for (due, _), result in zip(plan, results):
        result["due"] = due
    return results


def percentiles(values):
    ordered = sorted(values)
    if not ordered:
        return None
    pick = lambda share: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
    return {"p50": pick(0.5), "p95": pick(0.95), "p99": pick(0.99), "max": round(1000 * ordered[-1], 1)}


def summary_of(options, rate, results):
    heard = [r for r in results if "sound" in r]
    failed = [r for r in results if "failed" in r]
    refused = sum(r["status"] == 429 for r in results)
    playing = sum(r["played_to"] - r["played_from"] for r in heard) / options.seconds
    paused = [r for r in heard if r["underruns"]]
    audible = percentiles([r["first_audible"] for r in heard])
    held = bool(heard and not failed and not paused and refused <= 0.01 * len(results) and audible["p95"] <= options.first_audible_ms)
    return {"rate": round(rate, 3), "held": held, "requests": len(results), "refused": refused, "failed": len(failed),
            "failures": sorted({r["failed"] for r in failed})[:5], "underruns": len(paused),
            "longest_underrun_ms": round(1000 * max((r["longest_underrun"] for r in paused), default=0), 1),
            "listeners": round(playing, 2), "lag_ms": percentiles([r["lag"] for r in results]),
            "first_byte_ms": percentiles([r["first_byte"] for r in heard]), "first_audible_ms": audible,
            "x_real_time_p50": round(statistics.median(r["x_real_time"] for r in heard), 2) if heard else None,
            "sound_seconds": round(sum(r["sound"] for r in heard), 1)}


def svg_of(summary, results, seconds):
    """The first audible sample of each request over time, and the number of listeners that play."""
    wide, high, left = 800, 300, 50
    heard = [r for r in results if "sound" in r]
    most_ms = max([250.0] + [1000 * r["first_audible"] for r in heard])
    x = lambda at: left + (wide - left - 50) * at / seconds
    y = lambda share: high - 40 - (high - 80) * share
    shapes = []
    for r in results:
        if "sound" in r:
            colour = "#c0392b" if r["underruns"] else "#2471a3"
            shapes.append(f'<circle cx="{x(r["due"]):.1f}" cy="{y(1000 * r["first_audible"] / most_ms):.1f}" r="2.5" fill="{colour}"/>')
        else:
            shapes.append(f'<text x="{x(r["due"]):.1f}" y="{y(0):.1f}" font-size="10" fill="#c0392b">×</text>')
    events = sorted([(r["due"] + r["played_from"], 1) for r in heard] + [(r["due"] + r["played_to"], -1) for r in heard])
    playing, line, most = 0, [], 1
    for at, change in events:
        if at > seconds:
            break
        line += [(at, playing), (at, playing + change)]
        playing += change
        most = max(most, playing)
    points = " ".join(f"{x(at):.1f},{y(count / most):.1f}" for at, count in line)
    title = (f'{summary["rate"]:g} requests/s: {summary["listeners"]:g} listeners, first audible sample p50 '
             f'{summary["first_audible_ms"]["p50"] if heard else 0:g} ms, p95 {summary["first_audible_ms"]["p95"] if heard else 0:g} ms, '
             f'{summary["underruns"]} paused, {summary["refused"]} refused')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif">'
            f'<rect width="{wide}" height="{high}" fill="#fff"/><text x="{left}" y="22" font-size="13">{title}</text>'
            f'<polyline points="{points}" fill="none" stroke="#aab7b8"/>{"".join(shapes)}'
            f'<line x1="{left}" y1="{y(0)}" x2="{wide - 50}" y2="{y(0)}" stroke="#333"/>'
            f'<text x="4" y="{y(1) + 4:.0f}" font-size="11">{most_ms:.0f} ms</text><text x="4" y="{y(0) + 4:.0f}" font-size="11">0</text>'
            f'<text x="{wide - 46}" y="{y(1) + 4:.0f}" font-size="11">{most} play</text>'
            f'<text x="{wide - 90}" y="{high - 14}" font-size="11">{seconds:g} s</text></svg>\n')


def run(options, rate):
    results = asyncio.run(load(options, rate))
    return summary_of(options, rate, results), results


def search(options):
    """The largest rate that is held, within a tenth; every run is reported."""
    runs, low, high = [], 0.0, None
    rate = options.rate
    while high is None or high - low > 0.1 * high:
        summary, _ = run(options, rate)
        print(f"{rate:.2f} requests/s: {'held' if summary['held'] else 'not held'}", file=sys.stderr)
        runs.append(summary)
        if summary["held"]:
            low = rate
        else:
            high = rate
        if high is not None and high < 0.01:
            break
        rate = 2 * low if high is None else (low + high) / 2
        time.sleep(1)
    return low, runs


def main():
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    own, served = sys.argv[1:split], sys.argv[split + 1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?")
    parser.add_argument("--rate", type=float, default=1.0, help="requests per second; with --search, the first one")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--characters", type=lambda s: [int(n) for n in s.split("-")], default=[40, 400], metavar="A-B")
    parser.add_argument("--voice", default="", help="OpenAI's own server needs one")
    parser.add_argument("--model", default="")
    parser.add_argument("--key", default="")
    parser.add_argument("--body", default="{}", help="further fields of the request, as JSON")
    parser.add_argument("--player-buffer", type=float, default=0.1)
    parser.add_argument("--audible", type=int, default=330, help="of 32768: -40 dB")
    parser.add_argument("--first-audible-ms", type=float, default=1000)
    parser.add_argument("--search", action="store_true")
    parser.add_argument("--requests", action="store_true", help="also print every request")
    parser.add_argument("--svg", default="")
    options = parser.parse_args(own)
    if options.url and not options.url.startswith(("http://", "https://")):
        parser.error(f"'{options.url}' is no URL: it begins with http:// or https://")
    server = None
    if not options.url:
        server = Server(*served)
        options.url = f"http://{server.host}:{server.port}/v1"
    try:
        asyncio.run(speak(options, "Good morning.", time.monotonic()))  # the first request also warms the server up
        report = {"url": options.url, "seed": options.seed, "seconds": options.seconds, "characters": options.characters}
        rate = options.rate
        if options.search:
            report["capacity"], report["runs"] = search(options)
            rate = 0.8 * report["capacity"]
            if not rate:
                sys.exit("no rate is held: " + json.dumps(report))
        report["result"], results = run(options, rate)
        if options.requests:
            report["requests"] = results
        if options.svg:
            with open(options.svg, "w", encoding="utf-8") as file:
                file.write(svg_of(report["result"], results, options.seconds))
        print(json.dumps(report))
    finally:
        if server:
            server.stop()


main()
