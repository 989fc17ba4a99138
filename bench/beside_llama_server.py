#!/usr/bin/env python3
"""Compares several concurrent sequences with llama-server, with as many slots and clients, on the same file.

  bench/beside_llama_server.py MODEL.gguf [--sequences 4] [--threads 2] [--tokens 32]

Environment: ORPHEUS is the program (build/release/orpheus); LLAMA_SERVER is the command for llama-server (may be several
words); LLAMA_MODEL is the model's path for that command, if it is different.
llama-server gets completion requests with token ids that do not stop. The measurement starts when all clients have tokens and
ends when the first client has finished. Prints one line of JSON."""
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time

from programs import command_of, orpheus_bench, parser_of


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_ready(port, server):
    for _ in range(600):
        if server.poll() is not None:
            sys.exit("llama-server ended: is LLAMA_SERVER right?")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit("llama-server does not get ready")


def listen(port, index, tokens, times):
    """Reads one completion as it is generated; records the time of each token."""
    prompt = [(i * 7919 + index) % 256 for i in range(7)] + [128257]
    body = {"prompt": prompt, "n_predict": tokens, "stream": True, "ignore_eos": True, "temperature": 0.6, "top_p": 0.9,
            "repeat_penalty": 1.1, "seed": index + 1, "cache_prompt": False, "return_tokens": True}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("POST", "/completion", json.dumps(body), {"Content-Type": "application/json"})
    for line in connection.getresponse():
        if not line.startswith(b"data: {"):
            continue
        event = json.loads(line[6:])
        now = time.monotonic()
        times.extend([now] * len(event.get("tokens", [])))
        if event.get("stop"):
            return


def theirs(command, model, options):
    port = free_port()
    server = subprocess.Popen(
        command + ["-m", model, "--host", "127.0.0.1", "--port", str(port), "-t", str(options.threads), "-np",
                   str(options.sequences), "-c", str(1024 * options.sequences)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_ready(port, server)
        all_times = [[] for _ in range(options.sequences)]
        clients = [threading.Thread(target=listen, args=(port, i, options.tokens * 2, all_times[i]))
                   for i in range(options.sequences)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        begin = max(times[0] for times in all_times)
        end = min(times[-1] for times in all_times)
        made = sum(begin < moment <= end for times in all_times for moment in times)
        return made / (end - begin)
    finally:
        server.terminate()
        server.wait()


def main():
    options = parser_of(__doc__, "model", sequences=4, threads=2, tokens=32).parse_args()
    other = theirs(command_of("LLAMA_SERVER", "llama-server"), os.environ.get("LLAMA_MODEL", options.model), options)
    said = orpheus_bench("lm", model=options.model, threads=options.threads, tokens=options.tokens,
                         sequences=options.sequences)
    own = said["generate_tok_s"][str(options.sequences)]
    print(json.dumps({"sequences": options.sequences, "orpheus_tok_s": own, "llama_server_tok_s": other,
                      "ratio": own / other}))


main()
