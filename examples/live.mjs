#!/usr/bin/env node
// Speaks standard input while it arrives: 16-bit samples at 24 kHz go to standard output. For node 22, or node 20 with
// --experimental-websocket. The part between the lines works in a browser too.
//
//   some-language-model | node examples/live.mjs http://localhost:5005 [KEY] | aplay -f S16_LE -r 24000
const [url = 'http://localhost:5005', key] = process.argv.slice(2);
const texts = process.stdin.setEncoding('utf8');
const onSound = (bytes) => process.stdout.write(new Uint8Array(bytes));
const onError = (message) => {
  console.error(message);
  process.exit(1);
};

// ---------------------------------------------------------------------------------------------------------------------
const protocols = ['orpheus.speech', ...(key ? [`orpheus.key.${key}`] : [])];
const socket = new WebSocket(new URL('/v1/audio/speech/stream', url.replace(/^http/, 'ws')), protocols);
const send = (message) => socket.send(JSON.stringify(message));
socket.binaryType = 'arraybuffer';

socket.addEventListener('open', async () => {
  send({ type: 'session.update', session: { binary: true } });
  for await (const text of texts) send({ type: 'input_text.append', text });
  send({ type: 'input_text.end' });
});
socket.addEventListener('message', ({ data }) => {
  if (typeof data !== 'string') return onSound(data);
  const event = JSON.parse(data);
  if (event.type === 'error') onError(event.error.message);
  if (event.type === 'speech.audio.done') socket.close(1000);
  return undefined;
});
socket.addEventListener('close', ({ code }) => code !== 1000 && onError(`the server closed the socket (${code})`));
socket.addEventListener('error', () => onError(`no connection to ${url}`));
// ---------------------------------------------------------------------------------------------------------------------
