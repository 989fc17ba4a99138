#!/usr/bin/env python3
"""What clients that mean no good cost a server, and the other clients.

    bench/hostile_clients.py PROGRAM [FLAG...]

Starts `PROGRAM serve --port 0 FLAG...` with a key and prints, one a line:
  endless  each form of bytes without an end on one connection: how the server answered, how many MiB it took (it reads
           on for a while after an error, and keeps nothing), and by how much its resident memory grew meanwhile; it fails
           beyond 2 MiB and what the request needs: its body of 1 MiB, or what a speech needs, which the line "a speech
           and nothing more" tells
  health   the time to an answer of /health beside 16 clients that send the most costly requests there are; it fails
           beyond 50 ms (the 99th percentile: on few cores the clients compute as much as the server)
  idle     the same behind as many silent connections as may be open
  slow     threads and memory while 600 clients download a kept speech and read nothing

Linux alone: it reads /proc.
"""
import http.client, json, math, multiprocessing, os, re, socket, subprocess, sys, tempfile, time

KEY = 'Authorization: Bearer key\r\n'
MOST_MIB, MOST_HEALTH_MS = 2.0, 50.0
SECONDS = float(os.environ.get('SECONDS', 4))
failures = []


class Server:
    def __init__(self, program, flags):
        self.folder = tempfile.mkdtemp(prefix='orpheus-hostile-')
        environment = {name: value for name, value in os.environ.items() if not name.startswith('ORPHEUS_')}
        environment |= {'XDG_DATA_HOME': self.folder, 'ORPHEUS_SERVER_KEYS': 'key', 'ORPHEUS_ENV_FILE': f'{self.folder}/env'}
        self.log = open(f'{self.folder}/log', 'w+')
        self.process = subprocess.Popen([program, 'serve', '--port', '0', *flags], env=environment, stderr=self.log)
        for _ in range(600):
            said = re.search(r'serving .* at http://127\.0\.0\.1:(\d+)', open(f'{self.folder}/log').read())
            if said: break
            time.sleep(0.1)
        self.port = int(said[1])

    def status(self, name):
        return int(re.search(rf'{name}:\s+(\d+)', open(f'/proc/{self.process.pid}/status').read())[1])

    def forget_peak(self):
        with open(f'/proc/{self.process.pid}/clear_refs', 'w') as file: file.write('5')

    def connect(self, receive_bytes=None):
        client = socket.socket()
        if receive_bytes: client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        client.connect(('127.0.0.1', self.port))
        return client

    def health_ms(self):
        began = time.perf_counter()
        client = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
        client.request('GET', '/health')
        assert client.getresponse().status == 200
        client.close()
        return (time.perf_counter() - began) * 1000


def check(holds, what):
    if not holds: failures.append(what)
    return '' if holds else '  FAILED'


def endless(server):
    post = b'POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\n'
    keyed = post + KEY.encode()
    chunked, many = b'Transfer-Encoding: chunked\r\n\r\n', b'a' * 1000
    forms = {
        'a method': (b'', many), 'a target': (b'GET /', many), 'a version': (b'GET / HTTP/1.1', many),
        'empty lines': (b'', b'\r\n'), 'zero bytes': (b'', b'\0' * 1000),
        'a header\'s name': (post, many), 'a header\'s value': (post + b'A: ', many), 'folded lines': (post + b'A: b\r\n', b' c\r\n'),
        'headers': (post, b'A: b\r\n'), 'empty headers': (post, b'A:\r\n'),
        'size digits': (post + chunked, b'0' * 1000), 'a chunk extension': (post + chunked + b'1;a="', many),
        'chunk extensions': (post + chunked + b'1', b';a=b'), 'extensions of many chunks': (post + chunked, b'1;' + many + b'\r\nx\r\n'),
        'extensions of the last chunk': (post + chunked + b'0', b';a=b'), 'trailers': (post + chunked + b'0\r\n', b'A: b\r\n'),
        'a trailer': (post + chunked + b'0\r\nA: ', many), 'a body': (post + b'Content-Length: 1048576\r\n\r\n', many),
        'a body too large': (post + b'Content-Length: 9999999999\r\n\r\n', many),
        'chunks': (post + chunked, b'ffff\r\n' + b'x' * 0xffff + b'\r\n'), 'chunks of a byte': (post + chunked, b'1\r\nx\r\n'),
        'a huge chunk': (post + chunked + b'ffffffffffff\r\n', many),
        'requests': (b'', b'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'),
        'requests with a key': (b'', keyed + b'Content-Length: 2\r\n\r\n{}'),
        'a body, with the key': (keyed + b'Content-Length: 1048576\r\n\r\n', b' ' * 1000),
        'chunks, with the key': (keyed + chunked, b'ffff\r\n' + b' ' * 0xffff + b'\r\n'),
        'a speech and nothing more': (keyed + b'Content-Length: 40\r\n\r\n' + b'{"input": "' + b'word ' * 5 + b'."}'.ljust(4), b''),
        'requests behind a speech': (keyed + b'Content-Length: 40\r\n\r\n' + b'{"input": "' + b'word ' * 5 + b'."}'.ljust(4), b'GET / HTTP/1.1\r\n\r\n'),
        'a TLS hello': (b'\x16\x03\x01\x02\x00', many),
    }
    warm = http.client.HTTPConnection('127.0.0.1', server.port)
    warm.request('POST', '/v1/audio/speech', '{"input": "word word word word word ."}', {'Authorization': 'Bearer key'})
    warm.getresponse().read()  # a speech has memory of its own
    needed = {'a body, with the key': 1, 'chunks, with the key': 1, 'a speech and nothing more': math.inf}
    for name, (beginning, middle) in forms.items():
        time.sleep(0.2)
        before = server.status('VmRSS')
        server.forget_peak()
        client = server.connect()
        client.settimeout(0.5)
        block = middle * (65536 // max(1, len(middle)) + 1)
        taken, ended, answer, until = 0, 'takes no more', b'', time.monotonic() + 4
        try:
            client.sendall(beginning)
            if not block: time.sleep(2)
            while block and time.monotonic() < until and taken < 256 << 20:
                taken += client.send(block)
            ended = 'goes on'
        except TimeoutError: pass
        except OSError: ended = 'closed'
        try: answer = client.recv(200)
        except OSError: pass
        grown = (server.status('VmHWM') - before) / 1024
        client.close()
        status = (re.match(rb'HTTP/1.1 (\d+)', answer) or [b'', b'-'])[1].decode()
        print(f'endless  {name:32} {status:>4} {ended:14} {taken / 2**20:7.1f} MiB taken, {grown:6.2f} MiB grown'
              f'{check(grown <= MOST_MIB + needed.get(name, 0), "memory for " + name)}', flush=True)
        if not middle: needed['requests behind a speech'] = grown
    server.health_ms()


# In a process of its own, which shares no interpreter with the clock. Reads so many responses of each ask; a response is
# counted by its status line.
def ask_again(server, ask, answers, asked):
    while True:
        try:
            client = server.connect()
            client.settimeout(30)
            left = 0
            while True:
                if left <= 0:
                    client.sendall(ask)
                    left += answers
                read = client.recv(1 << 20)
                if not read: break
                begun = read.count(b'HTTP/1.1 ')
                left -= begun
                with asked.get_lock(): asked.value += begun
        except OSError: pass
        client.close()


def beside(server, name, ask, answers=1, seconds=SECONDS, clients=16):
    if not re.search(os.environ.get('BESIDE', ''), name): return
    asked = multiprocessing.Value('i', 0)
    processes = [multiprocessing.Process(target=ask_again, args=(server, ask, answers, asked), daemon=True) for _ in range(clients)]
    for process in processes: process.start()
    time.sleep(0.5)
    times, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        times.append(server.health_ms())
        time.sleep(0.01)
    for process in processes: process.kill()
    for process in processes: process.join()
    times.sort()
    p99 = times[int(len(times) * 0.99)]
    print(f'health   beside {name:28} median {times[len(times) // 2]:5.1f} ms, p99 {p99:5.1f} ms, most {times[-1]:5.1f} ms '
          f'({asked.value} asked){check(p99 <= MOST_HEALTH_MS, "health beside " + name)}', flush=True)
    time.sleep(1)


def post(path, body, more=''):
    body = body.encode() if isinstance(body, str) else body
    return (f'POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{KEY}{more}'
            f'Content-Length: {len(body)}\r\n\r\n').encode() + body


def get(path, more=''):
    return f'GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n'.encode()


def text(piece, most=32_768, **more):
    return json.dumps({'input': (piece * (most // len(piece) + 1))[:most], 'voice': 'tara', **more})


def health(server):
    token = open(f'{server.folder}/orpheus/user-token').read().strip()
    beside(server, 'nothing', b'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n', clients=0)
    full = 1_048_000
    beside(server, '1 MiB of numbers', post('/v1/audio/speech', '{"a": [' + '1,' * (full // 2 - 20) + '1]}'))
    beside(server, '1 MiB of objects', post('/v1/audio/speech', '{"a": [' + '{"a":1},' * (full // 8 - 5) + '{}]}'))
    beside(server, '1 MiB of text', post('/v1/audio/speech', '{"input": "' + 'x' * (full - 40) + '"}'))
    beside(server, 'a text to be split', post('/v1/audio/script', '{"input": "' + 'word ' * 6500 + '."}'))
    beside(server, 'a prompt', post('/v1/completions', '{"max_tokens": 1, "prompt": "' + 'word ' * 100_000 + '"}'))
    beside(server, 'a prompt too long', post('/v1/completions', '{"prompt": "' + 'a' * (full - 40) + '"}'))
    beside(server, 'a prompt without a space', post('/v1/completions', '{"max_tokens": 1, "prompt": "' + 'a' * 500_000 + '"}'))
    beside(server, 'kept settings', post('/save_config', '{"ORPHEUS_TEMPERATURE": 0.5}').replace(b'Bearer key', f'Bearer {token}'.encode()))
    for name, body in {
        '1 MiB of brackets': '{"a": ' + '[' * (full - 10), '1 MiB of one key': '{' + '"a":1,' * (full // 6 - 5) + '"a":1}',
        '1 MiB of keys': '{' + ''.join(f'"{i:x}":1,' for i in range(full // 10)) + '"a":1}',
        '1 MiB of escapes': '{"input": "' + '\\u0041' * (full // 6 - 5) + '"}',
        '1 MiB of half surrogates': '{"input": "' + '\\ud800' * (full // 6 - 5) + '"}',
        '1 MiB of short escapes': '{"input": "' + '\\n' * (full // 2 - 20) + '"}',
        '1 MiB of text without an end': '{"input": "' + 'x' * (full - 40), '1 MiB of digits': '{"speed": ' + '1' * (full - 40) + '}',
        '1 MiB of blanks': ' ' * full, '1 MiB of blanks around {}': ' ' * (full // 2 - 4) + '{}' + ' ' * (full // 2 - 4),
        '1 MiB of arrays': '{"voice": [' + '[],' * (full // 3 - 10) + '[]]}',
        '1 MiB of pronunciations': '{"pronunciations": {' + ''.join(f'"{i:x}":"b",' for i in range(full // 12)) + '"a":"b"}}',
        '1,000 long pronunciations': json.dumps({'input': 'word ' * 6500, 'pronunciations': {f'word{i}' + 'x' * 400: 'y' * 400 for i in range(999)}}),
    }.items():
        for path in ('speech', 'script'):
            if path == 'speech' or 'pronunciations' in name: beside(server, f'{name} ({path})', post(f'/v1/audio/{path}', body))
    for piece in ('1', '1,', '[', '<', '<a>', '&', '&amp;', '*', '`', '(', '$1.', '1/', '1e', '\n', '- ', '> ', 'é', '世', '👩‍👩‍👧', 'http://a.b/', 'a.', 'I', '"'):
        for format in ('plain', 'markdown', 'html', 'ssml'):
            if format == 'plain' or piece in '<a>&amp;*`[> - \n':
                beside(server, f'a script of {piece!r} ({format})', post('/v1/audio/script', text(piece, input_format=format)))
    for piece in ('word ', '1', '[', '. '):
        beside(server, f'speeches of {piece!r}', post('/v1/audio/speech', text(piece, response_format='pcm')))
    beside(server, 'multipart of 1 MiB', post('/v1/audio/speech', b'--x\r\n' * (full // 5)).replace(b'application/json', b'multipart/form-data; boundary=x'))
    beside(server, '800 requests behind each other', get('/health/live') * 800, answers=800)
    beside(server, '800 faulty ones', b'GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n' * 800)
    beside(server, '400 small speeches refused', post('/v1/audio/speech', '{}') * 400, answers=400)
    beside(server, 'preflights', (b'OPTIONS /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a.b\r\n\r\n') * 400, answers=400)
    beside(server, 'scrapes', get('/metrics') * 20, answers=20)
    beside(server, 'voices', get('/v1/audio/voices') * 20, answers=20)
    beside(server, 'pronunciations', get('/v1/audio/pronunciations') * 20, answers=20)
    beside(server, 'the page', get('/') + get('/web/') + get('/app.mjs'), answers=3)
    beside(server, 'the page, packed', get('/', 'Accept-Encoding: gzip\r\n') * 20, answers=20)
    beside(server, 'a long target', get('/?' + 'a=%41&' * 2600) * 20, answers=20)
    beside(server, 'connections', get('/health/live', 'Connection: close\r\n'))
    beside(server, 'the API\'s description', b'GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n')
    beside(server, 'its page', b'GET /docs HTTP/1.1\r\nHost: localhost\r\n\r\n')
    beside(server, 'large headers', b'GET /health HTTP/1.1\r\n' + b'A: b\r\n' * 2500 + b'\r\n')


def idle(server):
    held = [server.connect() for _ in range(4096)]
    times = [server.health_ms() for _ in range(50)]
    print(f'idle     behind 4096 silent connections: most {max(times):.1f} ms{check(max(times) < 1000, "a place among idle ones")}')
    for client in held: client.close()


def slow(server):
    client = http.client.HTTPConnection('127.0.0.1', server.port)
    client.request('POST', '/speak', json.dumps({'text': 'One sentence.'}), {'Authorization': 'Bearer key'})
    name = json.loads(client.getresponse().read())['output_file']
    with open(f'{server.folder}/orpheus/{name}', 'ab') as file: file.write(b'\0' * (8 << 20))
    before, threads = server.status('VmRSS'), server.status('Threads')
    held = []
    for _ in range(600):
        held.append(server.connect(4096))
        held[-1].sendall(f'GET /{name} HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode())
    time.sleep(2)
    more = server.status('Threads') - threads
    print(f'slow     600 downloads: {more} more threads, {(server.status("VmRSS") - before) / 1024:.0f} MiB more, '
          f'/health {server.health_ms():.1f} ms{check(more <= 8, "threads of slow downloads")}')
    for client in held: client.close()
    time.sleep(2)
    print(f'slow     when they have left: {(server.status("VmRSS") - before) / 1024:.0f} MiB more')


def main():
    if len(sys.argv) < 2: sys.exit(__doc__)
    server = Server(sys.argv[1], sys.argv[2:])
    try:
        for part in (endless, health, slow, idle):
            if not os.environ.get('ONLY') or part.__name__ in os.environ['ONLY']: part(server)
        server.process.terminate()
        check(server.process.wait(60) == 0, 'its end')
    finally:
        server.process.kill()
    for failure in failures: print(f'FAILED: {failure}')
    sys.exit(1 if failures else 0)


main()
