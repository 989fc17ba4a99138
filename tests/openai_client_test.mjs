// Tests the program with OpenAI's unmodified client: every format streams, and ffmpeg decodes the whole file and every
// prefix of at least a second.
//
//   node tests/openai_client_test.mjs PROGRAM FOLDER-OF-openai
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { key, serve } from './serve.mjs';

const [program, dependencies] = process.argv.slice(2);
const { OpenAI, NotFoundError, BadRequestError, AuthenticationError } = createRequire(
  pathToFileURL(join(dependencies, 'here.js')))('openai');

const { address, stop } = await serve(program);

const input = 'The quick brown fox jumps over the lazy dog, and the dog does not mind it in the least.';
const request = { model: 'orpheus', voice: 'nova', input, seed: 7 };
const hz = 24000;

async function bytesOf(response) {
  const pieces = [];
  for await (const piece of response.body) pieces.push(piece);
  return { bytes: Buffer.concat(pieces), pieces: pieces.length };
}

// The number of samples at 24 kHz that ffmpeg decodes from the bytes.
function decoded(bytes, format) {
  const raw = format === 'pcm' ? ['-f', 's16le', '-ar', `${hz}`, '-ac', '1'] : [];
  const { status, stdout, stderr } = spawnSync('ffmpeg',
    ['-v', 'error', ...raw, '-i', '-', '-f', 's16le', '-ar', `${hz}`, '-ac', '1', '-'], { input: bytes, maxBuffer: 1 << 28 });
  assert.equal(status, 0, `ffmpeg on ${bytes.length} bytes of ${format}: ${stderr}`);
  return stdout.length / 2;
}

// The extra samples of mp3 and aac (docs/server.md).
const most = { mp3: 1105 + 2 * 576, aac: 3 * 1024, opus: 0, flac: 0, wav: 0, pcm: 0 };
const least = { mp3: 1105, aac: 1024, opus: 0, flac: 0, wav: 0, pcm: 0 };

try {
  const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 });
  const spoken = (await bytesOf(await openai.audio.speech.create({ ...request, response_format: 'pcm' }))).bytes.length / 2;
  assert.ok(spoken > 3 * hz, `${spoken} samples`);
  for (const format of ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm']) {
    const response = await openai.audio.speech.create({ ...request, response_format: format });
    const { bytes, pieces } = await bytesOf(response);
    assert.ok(pieces > 1, `${format} came in one piece`);
    const samples = decoded(bytes, format);
    assert.ok(samples >= spoken + least[format] && samples <= spoken + most[format],
      `${format}: ${samples} samples of ${spoken}`);
    let checked = 0;
    for (let size = Math.ceil(bytes.length * hz * 1.3 / spoken); size < bytes.length; size += Math.ceil(bytes.length / 23)) {
      const expected = spoken * size / bytes.length;
      const there = decoded(bytes.subarray(0, size), format);
      assert.ok(there > expected - hz * 0.35, `${format} cut after ${size} bytes: ${there} of some ${Math.round(expected)}`);
      checked += 1;
    }
    console.log(`ok: ${format}, ${pieces} pieces, ${samples} samples of ${spoken}, ${checked} prefixes`);
  }

  const events = (await (await openai.audio.speech.create({ ...request, response_format: 'pcm', stream_format: 'sse' })).text())
    .trimEnd().split('\n\n').map((event) => JSON.parse(event.replace(/^data: /, '')));
  assert.equal(events.at(-1).type, 'speech.audio.done');
  assert.ok(events.at(-1).usage.output_tokens > 0);
  const heard = events.slice(0, -1).reduce((sum, event) => sum + Buffer.from(event.audio, 'base64').length, 0);
  assert.equal(heard, spoken * 2);

  const fast = (await bytesOf(await openai.audio.speech.create({ ...request, response_format: 'pcm', speed: 2 }))).bytes.length / 2;
  assert.ok(Math.abs(fast - spoken / 2) < 0.03 * spoken / 2, `${fast} samples at speed 2`);

  assert.ok((await openai.models.list()).data.length === 1);
  await assert.rejects(openai.audio.speech.create({ ...request, voice: 'nobody' }), NotFoundError);
  await assert.rejects(openai.audio.speech.create({ ...request, input: '' }), BadRequestError);
  const stranger = new OpenAI({ baseURL: `${address}/v1`, apiKey: 'wrong', maxRetries: 0 });
  await assert.rejects(stranger.audio.speech.create(request), AuthenticationError);
  console.log('ok: events, speed, models, errors, keys');
} finally {
  stop();
}
