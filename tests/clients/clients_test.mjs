// Tests the program with unmodified clients from npm: ElevenLabs', LiveKit's plugins for ElevenLabs and OpenAI, and the AI SDK.
// tools/test-clients.sh installs them.
//
//   node tests/clients/clients_test.mjs PROGRAM FOLDER-OF-node_modules
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

import { key, serve } from '../serve.mjs';

const [program, dependencies] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(dependencies, 'here.js')));
const load = (name) => import(pathToFileURL(require.resolve(name)));

const text = 'The quick brown fox jumps over the lazy dog. The dog does not mind it in the least.';
const { address, stop } = await serve(program);

async function bytesOf(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

// Equal within the silence that a streamed speech leaves out at its beginning.
function assertSeconds(found, expected, what) {
  assert.ok(Math.abs(found - expected) < 0.35, `${what}: ${found} s, expected ${expected} s`);
}

// Two speeches of the text without a seed: no sentence is missing, none is doubled.
function assertSameText(found, expected, what) {
  assert.ok(found > 0.7 * expected && found < 1.4 * expected, `${what}: ${found} s, expected about ${expected} s`);
}

async function elevenlabs() {
  const { ElevenLabsClient } = await load('@elevenlabs/elevenlabs-js');
  const client = new ElevenLabsClient({ apiKey: key, baseUrl: address });
  const voice = 'JBFqnCBsd6RMkjVDRZzb';
  const asked = { text, modelId: 'eleven_multilingual_v2', outputFormat: 'pcm_16000', seed: 7 };
  const whole = await bytesOf(await client.textToSpeech.convert(voice, asked));
  const seconds = whole.length / 2 / 16000;
  assert.ok(seconds > 3, `${seconds} s`);
  assertSeconds((await bytesOf(await client.textToSpeech.stream(voice, asked))).length / 2 / 16000, seconds, 'stream');

  const timed = await client.textToSpeech.convertWithTimestamps(voice, asked);
  assert.equal(Buffer.from(timed.audioBase64, 'base64').length, whole.length);
  for (const alignment of [timed.alignment, timed.normalizedAlignment]) {
    assert.equal(alignment.characters.length, alignment.characterStartTimesSeconds.length);
    assert.equal(alignment.characters.length, alignment.characterEndTimesSeconds.length);
    assert.equal(alignment.characters.join(''), text);
    assertSeconds(alignment.characterEndTimesSeconds.at(-1), seconds, 'the last character');
  }
  let spoken = '';
  let bytes = 0;
  for await (const chunk of await client.textToSpeech.streamWithTimestamps(voice, asked)) {
    bytes += Buffer.from(chunk.audioBase64, 'base64').length;
    spoken += chunk.alignment?.characters.join('') ?? '';
  }
  assert.equal(spoken, text);
  assertSeconds(bytes / 2 / 16000, seconds, 'stream with timestamps');

  const { voices } = await client.voices.getAll();
  assert.ok(voices.length > 0 && voices.every(({ voiceId, name }) => voiceId && name));
  assert.equal((await client.voices.search()).voices.length, voices.length);
  assert.ok((await client.models.list())[0].modelId);

  const error = (status) => ({ statusCode: status });
  const impatient = { maxRetries: 0 };
  await assert.rejects(client.textToSpeech.convert(voice, { text: '' }, impatient), error(422));
  await assert.rejects(client.textToSpeech.convert('nobody', { text }, impatient), error(404));
  const stranger = new ElevenLabsClient({ apiKey: 'wrong', baseUrl: address });
  await assert.rejects(stranger.textToSpeech.convert(voice, { text }, impatient), (thrown) => {
    assert.equal(thrown.statusCode, 401);
    assert.equal(thrown.body.detail.status, 'invalid_api_key');
    return true;
  });
  console.log(`ok: @elevenlabs/elevenlabs-js, ${seconds.toFixed(2)} s`);
}

// Speaks words that come one by one; returns the seconds of sound and the words with their times.
async function speak(stream, ended) {
  const pushed = (async () => {
    for (const word of text.split(' ')) {
      stream.pushText(`${word} `);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    stream.flush();
    stream.endInput();
  })();
  let seconds = 0;
  const words = [];
  for await (const event of stream) {
    if (event === ended) continue;
    seconds += event.frame.samplesPerChannel / event.frame.sampleRate;
    words.push(...event.timedTranscripts ?? []);
  }
  await pushed;
  return { seconds, words };
}

async function livekit() {
  const { initializeLogger, tts: { SynthesizeStream } } = await load('@livekit/agents');
  initializeLogger({ pretty: false, level: 'warn' });

  const eleven = new (await load('@livekit/agents-plugin-elevenlabs')).TTS({ apiKey: key, baseURL: `${address}/v1` });
  const { seconds, words } = await speak(eleven.stream(), SynthesizeStream.END_OF_STREAM);
  assert.ok(seconds > 3, `${seconds} s`);
  assert.equal(words.map((word) => word.text).join('').trim().replace(/\s+/g, ' '), text);
  let at = 0;
  for (const { startTime, endTime } of words) {
    assert.ok(startTime >= at - 0.001 && endTime >= startTime, `${startTime} … ${endTime} after ${at}`);
    at = startTime;
  }
  assert.ok(words.at(-1).endTime <= seconds + 0.1 && words.at(-1).endTime > seconds - 0.5,
    `the words end at ${words.at(-1).endTime} of ${seconds} s`);

  // Somebody interrupts; the next turn uses the same socket.
  const interrupted = eleven.stream();
  interrupted.pushText(`${text} ${text} `);
  for await (const event of interrupted) {
    if (event !== SynthesizeStream.END_OF_STREAM) break;
  }
  interrupted.close();
  const next = await speak(eleven.stream(), SynthesizeStream.END_OF_STREAM);
  assertSameText(next.seconds, seconds, 'the turn behind an interruption');

  let whole = 0;
  for await (const event of eleven.synthesize(text)) whole += event.frame.samplesPerChannel / event.frame.sampleRate;
  assertSameText(whole, seconds, 'synthesize');
  await eleven.close();
  console.log(`ok: @livekit/agents-plugin-elevenlabs, ${seconds.toFixed(2)} s, ${words.length} words`);

  const openai = new (await load('@livekit/agents-plugin-openai')).TTS({
    apiKey: key, baseURL: `${address}/v1`, model: 'orpheus', voice: 'leo' });
  let spoken = 0;
  for await (const event of openai.synthesize(text)) spoken += event.frame.samplesPerChannel / event.frame.sampleRate;
  assertSameText(spoken, seconds, 'OpenAI plugin');
  console.log(`ok: @livekit/agents-plugin-openai, ${spoken.toFixed(2)} s`);
}

async function aiSdk() {
  const ai = await load('ai');
  const generateSpeech = ai.generateSpeech ?? ai.experimental_generateSpeech;
  const openai = (await load('@ai-sdk/openai')).createOpenAI({ apiKey: key, baseURL: `${address}/v1` });
  const { audio } = await generateSpeech({ model: openai.speech('tts-1'), text, voice: 'nova', outputFormat: 'wav' });
  assert.equal(Buffer.from(audio.uint8Array.subarray(0, 4)).toString(), 'RIFF');
  assert.ok(audio.uint8Array.length > 3 * 48000, `${audio.uint8Array.length} bytes`);

  // ElevenLabs' provider has no base URL.
  const elevenlabs = (await load('@ai-sdk/elevenlabs')).createElevenLabs({
    apiKey: key, fetch: (url, options) => fetch(String(url).replace('https://api.elevenlabs.io', address), options) });
  const spoken = await generateSpeech({ model: elevenlabs.speech('eleven_multilingual_v2'), text, voice: 'leo' });
  assert.ok(spoken.audio.uint8Array.length > 10000, `${spoken.audio.uint8Array.length} bytes`);
  console.log(`ok: ai, ${audio.uint8Array.length} bytes of wav, ${spoken.audio.uint8Array.length} of mp3`);
}

let status = 1;
try {
  await elevenlabs();
  await livekit();
  await aiSdk();
  status = 0;
} catch (error) {
  console.error(error);
} finally {
  stop();
}
process.exit(status);  // LiveKit's runtime keeps threads
