// The page's pure modules, without a browser:   node --test tests/page_modules_test.mjs
import assert from 'node:assert/strict';
import test from 'node:test';
import { EventReader, samplesOf, wavHeader } from '../web/events.mjs';
import { Playhead } from '../web/playhead.mjs';
import { pronunciationsOf } from '../web/script.mjs';
import { fromHash, toHash } from '../web/share.mjs';
import { Speech, sentenceAt } from '../web/speech.mjs';
import { clock, countCharacters, duration, estimateSeconds, sentences, tagsOf } from '../web/text.mjs';

test('events are the same however their bytes are cut', () => {
  const all = [{ type: 'a', text: 'ü\n' }, { type: 'b' }, { type: 'c', audio: 'AAA=' }];
  const text = all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  for (let size = 1; size <= text.length; size += 1) {
    const reader = new EventReader();
    const read = [];
    for (let at = 0; at < text.length; at += size) read.push(...reader.push(text.slice(at, at + size)));
    assert.deepEqual(read, all);
  }
});

test('samples come out of base64 as they went in', () => {
  const samples = Int16Array.from([0, 1, -1, 32767, -32768, 258]);
  const bytes = Buffer.alloc(12);
  samples.forEach((sample, i) => bytes.writeInt16LE(sample, 2 * i));
  assert.deepEqual(samplesOf(bytes.toString('base64')), samples);
});

test('pronunciations are lines with a sign between', () => {
  assert.deepEqual(pronunciationsOf('GIF = jif\n\nnothing\n= x\n a=b = c'), { GIF: 'jif', a: 'b = c' });
});

test("a WAV's header names its bytes", () => {
  const header = Buffer.from(wavHeader(1000, 24000));
  assert.equal(header.length, 44);
  assert.equal(header.readUInt32LE(4), 36 + 2000);
  assert.equal(header.readUInt32LE(24), 24000);
  assert.equal(header.readUInt32LE(40), 2000);
});

const ramp = (from, count) => Int16Array.from({ length: count }, (_, i) => from + i);
const asFloats = (samples) => Float32Array.from(samples, (sample) => sample / 32768);

test('what is pulled is what was pushed, for every cut of both', () => {
  for (const [pushed, pulled] of [[1, 7], [5, 3], [128, 128], [100, 1]]) {
    const head = new Playhead(0);
    const heard = [];
    for (let at = 0; at < 500; at += pushed) head.push(ramp(at, Math.min(pushed, 500 - at)));
    head.end();
    const output = new Float32Array(pulled);
    while (!head.atEnd) heard.push(...output.slice(0, head.pull(output)));
    assert.deepEqual(Float32Array.from(heard), asFloats(ramp(0, 500)));
  }
});

test('it begins with the first sound, and after running dry waits for a little more than nothing', () => {
  const head = new Playhead(50);
  const output = new Float32Array(10);
  assert.equal(head.pull(output), 0);
  head.push(ramp(0, 10));
  assert.equal(head.pull(output), 10);
  assert.equal(head.pull(output), 0);
  assert.ok(head.waiting);
  head.push(ramp(10, 49));
  assert.equal(head.pull(output), 0, 'less than the refill');
  assert.deepEqual(output, new Float32Array(10), 'silence');
  head.push(ramp(59, 1));
  assert.equal(head.pull(output), 10);
  assert.equal(output[0], Math.fround(10 / 32768), 'nothing was left out');
});

test('the end plays what is left, however little', () => {
  const head = new Playhead(50);
  const output = new Float32Array(10);
  head.push(ramp(0, 10));
  head.pull(output);
  head.pull(output);
  head.push(ramp(10, 4));
  head.end();
  assert.equal(head.pull(output), 4);
  assert.ok(head.atEnd);
});

test('seeking goes anywhere in what has come and nowhere else', () => {
  const head = new Playhead(0);
  for (let i = 0; i < 10; i += 1) head.push(ramp(10 * i, 10));
  const output = new Float32Array(3);
  for (const at of [0, 9, 10, 57, 97]) {
    head.seek(at);
    assert.equal(head.pull(output), 3);
    assert.deepEqual(output, asFloats(ramp(at, 3)));
  }
  head.seek(1e9);
  assert.equal(head.position, 100);
  assert.equal(head.pull(output), 0);
  head.seek(-5);
  assert.equal(head.position, 0);
});

test('peaks do not depend on how a speech was cut', () => {
  const all = Int16Array.from({ length: 24000 }, (_, i) => Math.round(20000 * Math.sin(i * i)));
  const peaks = (size) => {
    const speech = new Speech({ rate: 24000 });
    for (let at = 0; at < all.length; at += size) speech.append(all.subarray(at, at + size));
    assert.deepEqual(speech.samples(), all);
    return speech.peaks;
  };
  assert.equal(peaks(24000).length, 50);
  assert.deepEqual(peaks(1000), peaks(24000));
  assert.deepEqual(peaks(77), peaks(24000));
});

test('the sentence that is heard follows the pieces, and within one the letters', () => {
  const pieces = [{ text: 'Aaaa. Bbbb.', start: 0 }, { text: 'Cc.', start: 2 }];
  const parts = [['Aaaaa.', 'Bbbbb.'], ['Cc.']];
  const at = (seconds, end) => sentenceAt(seconds, pieces, (piece) => parts[piece], end, () => 1);
  assert.deepEqual(at(0, 3), { piece: 0, sentence: 0 });
  assert.deepEqual(at(0.99, 3), { piece: 0, sentence: 0 });
  assert.deepEqual(at(1.01, 3), { piece: 0, sentence: 1 });
  assert.deepEqual(at(2, 3), { piece: 1, sentence: 0 });
  assert.deepEqual(at(99, null), { piece: 1, sentence: 0 });
  assert.equal(sentenceAt(0, [], () => [], 0, () => 1), null);
});

test('a shared setting comes back as it was, and nonsense does not', () => {
  const usual = { speed: 1, temperature: 0.6, format: 'wav' };
  const given = { text: 'Ünï & <laugh> #5', voice: '유나', speed: 1.25, temperature: 0.3, seed: '9007199254740993', format: 'mp3' };
  assert.deepEqual(fromHash(toHash(given, usual)), given);
  assert.equal(toHash({ ...usual, text: '', voice: 'tara', seed: '' }, usual), '#voice=tara');
  assert.equal(toHash({ ...usual, temperature: undefined, text: '', voice: 'tara', seed: '' }, usual), '#voice=tara');
  assert.deepEqual(fromHash('#speed=99&temperature=x&seed=-1&other=1'), {});
  assert.ok(!toHash({ ...given, text: 'a'.repeat(5000) }, usual).includes('text'));
});

test('texts are counted and timed', () => {
  assert.equal(countCharacters('a😀b'), 3);
  assert.equal(estimateSeconds(''), 0);
  assert.equal(Math.round(estimateSeconds('a'.repeat(150))), 10);
  assert.equal(Math.round(estimateSeconds('a'.repeat(150), 2)), 5);
  assert.equal(estimateSeconds('<laugh>'), 1);
  assert.ok(estimateSeconds('你好吗') > estimateSeconds('abc'));
  assert.equal(clock(7.9), '0:07');
  assert.equal(clock(3723), '1:02:03');
  assert.equal(duration(150), '2 min 30 s');
  const text = 'One. Two? Three!  Fo';
  assert.equal(sentences(text, 'en').join(''), text);
  assert.equal(sentences(text, 'en').length, 4);
  assert.deepEqual(sentences('He came. <sigh> She left.', 'en'), ['He came. ', '<sigh> She left.']);
  assert.ok(tagsOf('ko').includes('한숨') && tagsOf('xx').includes('laugh'));
});
