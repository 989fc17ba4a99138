#!/usr/bin/env python3
"""Speaks standard input while it arrives: 16-bit samples at 24 kHz go to standard output.

  some-language-model | examples/live.py http://localhost:5005 [KEY] | aplay -f S16_LE -r 24000
"""
import base64, json, os, socket, struct, sys, threading
from urllib.parse import urlsplit

url = urlsplit(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:5005")
key = f"Authorization: Bearer {sys.argv[2]}\r\n" if len(sys.argv) > 2 else ""
connection = socket.create_connection((url.hostname, url.port or 80))
stream = connection.makefile("rb")
connection.sendall((
    f"GET /v1/audio/speech/stream HTTP/1.1\r\nHost: {url.netloc}\r\n{key}"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n").encode())
if b" 101 " not in stream.readline():
    sys.exit(f"refused: {stream.read().decode()}")
while stream.readline().strip():
    pass


def send(message, opcode=0x81):
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    size = struct.pack("!B", 0x80 | len(payload)) if len(payload) < 126 else struct.pack("!BQ", 0xFF, len(payload))
    connection.sendall(bytes([opcode]) + size + b"\0\0\0\0" + payload)


def send_lines():
    for line in sys.stdin:
        send({"type": "input_text.append", "text": line})
    send({"type": "input_text.end"})


send({"type": "session.update", "session": {"binary": True}})
threading.Thread(target=send_lines, daemon=True).start()
while head := stream.read(2):
    size = head[1]
    if size > 125:
        size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
    opcode, payload = head[0] & 15, stream.read(size)
    if opcode == 2:
        sys.stdout.buffer.write(payload)
        sys.stdout.flush()
    elif opcode == 9:
        send(payload, 0x8A)
    elif opcode == 1 and (event := json.loads(payload))["type"] in ("speech.audio.done", "error"):
        sys.exit(event["error"]["message"] if event["type"] == "error" else 0)
sys.exit("the server closed the socket")
