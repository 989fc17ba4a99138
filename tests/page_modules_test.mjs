// Tests the page's pure modules without a browser:   node --test tests/page_modules_test.mjs
import assert from 'node:assert/strict';
import test from 'node:test';
import { FileError, textOfFile } from '../web/files.mjs';
import { firstTextOf, isFirstText } from '../web/first-texts.mjs';
import { EventReader, samplesOf, wavHeader } from '../web/events.mjs';
import { Deck, Playhead } from '../web/playhead.mjs';
import { pronunciationsOf } from '../web/script.mjs';
import { fromHash, toHash } from '../web/share.mjs';
import { Speech, sentenceAt, wordWritten } from '../web/speech.mjs';
import { clock, countCharacters, duration, estimateSeconds, mayBeCut, partsOf } from '../web/text.mjs';

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
    const head = new Playhead(24000, 0);
    const heard = [];
    for (let at = 0; at < 500; at += pushed) head.push(ramp(at, Math.min(pushed, 500 - at)));
    head.end();
    const output = new Float32Array(pulled);
    while (!head.atEnd) heard.push(...output.slice(0, head.pull(output)));
    assert.deepEqual(Float32Array.from(heard), asFloats(ramp(0, 500)));
  }
});

test('it begins with the first sound, and after running dry waits for a little more than nothing', () => {
  const head = new Playhead(24000, 50);
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
  const head = new Playhead(24000, 50);
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
  const head = new Playhead(24000, 0);
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
  const pieces = [{ start: 0, sentences: [{ begin: 0, end: 6 }, { begin: 7, end: 13 }] }, { start: 2, sentences: [{ begin: 14, end: 17 }] }];
  const at = (seconds, end) => sentenceAt(seconds, pieces, end, () => 1);
  assert.deepEqual(at(0, 3), { piece: 0, sentence: 0 });
  assert.deepEqual(at(0.99, 3), { piece: 0, sentence: 0 });
  assert.deepEqual(at(1.01, 3), { piece: 0, sentence: 1 });
  assert.deepEqual(at(2, 3), { piece: 1, sentence: 0 });
  assert.deepEqual(at(99, null), { piece: 1, sentence: 0 });
  assert.equal(sentenceAt(0, [], 0, () => 1), null);
  assert.equal(sentenceAt(1, [{ start: 0, sentences: [] }], 2, () => 1).piece, 0, 'what an earlier page kept');
});

test('the word that is heard decides the sentence, and a place in the text finds its word', () => {
  const words = [{ start: 0.1, end: 0.4, from: 0, to: 3 }, { start: 0.4, end: 0.8, from: 4, to: 6 }, { start: 1.6, end: 1.9, from: 7, to: 9 }];
  const pieces = [{ start: 0, sentences: [{ begin: 0, end: 6 }, { begin: 7, end: 13 }], words }, { start: 2, sentences: [{ begin: 14, end: 17 }] }];
  const at = (seconds) => sentenceAt(seconds, pieces, 3, () => 1);
  assert.deepEqual(at(0.3), { piece: 0, sentence: 0, word: words[0] });
  assert.deepEqual(at(0.5), { piece: 0, sentence: 0, word: words[1] });
  assert.equal(at(1.5).word, undefined, 'a long pause');
  assert.deepEqual(at(1.6), { piece: 0, sentence: 1, word: words[2] });
  assert.deepEqual(at(2.1), { piece: 1, sentence: 0 }, 'not known yet');
  assert.equal(wordWritten(5, pieces), words[1]);
  assert.equal(wordWritten(6, pieces), words[1], 'the blank behind it');
  assert.equal(wordWritten(7, pieces), words[2]);
  assert.equal(wordWritten(5, []), null);
  assert.equal(wordWritten(5, [{ start: 0, sentences: [] }]), null, 'what an earlier page kept');
});

// A voiced sound: a low tone with changing loudness.
const voiced = (seconds, hertz) => Int16Array.from({ length: 24000 * seconds }, (_, i) =>
  Math.round(12000 * Math.sin((2 * Math.PI * hertz * i) / 24000) * (0.6 + 0.4 * Math.sin(i / 3000))));

const playedAt = (speed, samples, pulled) => {
  const deck = new Deck(24000);
  deck.receive({ load: 1, playing: true, speed });
  for (let at = 0; at < samples.length; at += 2048) deck.receive({ samples: samples.subarray(at, at + 2048) });
  deck.receive({ end: true });
  const all = [];
  const output = new Float32Array(pulled);
  for (let now = { state: '' }; now?.state !== 'ended';) {
    now = deck.pull(output);
    all.push(...output);
  }
  return all;
};

const risings = (samples) => samples.reduce((sum, sample, i) => sum + (i > 0 && samples[i - 1] <= 0 && sample > 0 ? 1 : 0), 0);

test('faster and slower, a speech lasts as long as it should and keeps its pitch', () => {
  const samples = voiced(3, 120);
  for (const speed of [0.75, 1.25, 1.5, 2]) {
    const played = playedAt(speed, samples, 128);
    const seconds = played.length / 24000;
    assert.ok(Math.abs(seconds - 3 / speed) < 0.05, `${speed}: ${seconds} s`);
    const hertz = risings(played) / seconds;
    assert.ok(Math.abs(hertz - 120) < 5, `${speed}: ${hertz} Hz`);
    const leap = played.reduce((most, sample, i) => (i > 0 ? Math.max(most, Math.abs(sample - played[i - 1])) : most), 0);
    assert.ok(leap < 0.05, `${speed}: no click (${leap})`);
  }
});

test('at its own speed a speech is heard as it is, and a changed speed makes no click', () => {
  const samples = voiced(1, 120);
  assert.deepEqual(Float32Array.from(playedAt(1, samples, 100).slice(0, 24000)), asFloats(samples));
  const head = new Playhead(24000, 0);
  head.push(samples);
  head.end();
  const all = [];
  const output = new Float32Array(100);
  for (let i = 0; !head.atEnd; i += 1) {
    head.speed = [1, 1.5, 1, 0.75][Math.floor(i / 20) % 4];
    head.pull(output);
    all.push(...output);
  }
  const leap = all.reduce((most, sample, i) => (i > 0 ? Math.max(most, Math.abs(sample - all[i - 1])) : most), 0);
  assert.ok(leap < 0.05, `${leap}`);
});

test('a text longer than a request is cut at paragraphs, else sentences, else words, and nothing is lost', () => {
  const paragraph = 'One sentence here. Another one follows! ';
  const texts = ['', 'a', `${paragraph.repeat(3)}\n\n`.repeat(9), paragraph.repeat(30), 'word '.repeat(200), 'x'.repeat(501), '😀'.repeat(77)];
  for (const text of texts) {
    for (const most of [1, 7, 50, 120, 10_000]) {
      const parts = partsOf(text, most);
      for (const part of parts) {
        assert.equal(text.slice(part.begin, part.begin + part.text.length), part.text);
        if (/[\p{L}]/u.test(text)) assert.ok(countCharacters(part.text) <= most);
        assert.ok(part.text.isWellFormed?.() ?? true);
      }
      const lost = text.replace(/\s/g, '').replace(/[^\p{L}\p{N}]/gu, '').length - parts.map((part) => part.text).join('').replace(/[^\p{L}\p{N}]/gu, '').length;
      assert.equal(lost, 0);
    }
  }
  assert.deepEqual(partsOf('Aaaa bb.\n\nCc dd.', 12).map((part) => part.text), ['Aaaa bb.\n\n', 'Cc dd.']);
  assert.deepEqual(partsOf('Go to A. Then to B.', 12).map((part) => part.text), ['Go to A. ', 'Then to B.']);
  assert.ok(mayBeCut('Plain.', 'auto') && !mayBeCut('<speak>x</speak>', 'auto') && !mayBeCut('x', 'ssml') && mayBeCut('<laugh> Hi.', 'auto'));
});

test('files are read as the text that they hold, or it is said why not', () => {
  const bytes = (...all) => Uint8Array.from(all);
  const utf8 = (text) => new TextEncoder().encode(text);
  assert.deepEqual(textOfFile('a.txt', utf8('Grüße\r\nzwei')), { text: 'Grüße\nzwei', format: 'plain', note: '' });
  assert.equal(textOfFile('A.MD', utf8('# Hi')).format, 'markdown');
  assert.equal(textOfFile('notes', utf8('Hi')).format, 'auto');
  assert.equal(textOfFile('a.txt', bytes(0xef, 0xbb, 0xbf, 0x48, 0x69)).text, 'Hi');
  assert.equal(textOfFile('a.txt', bytes(0xff, 0xfe, 0x48, 0, 0xe9, 0)).text, 'Hé');
  assert.equal(textOfFile('a.txt', bytes(0xfe, 0xff, 0, 0x48)).text, 'H');
  const latin = textOfFile('a.txt', bytes(0x63, 0x61, 0x66, 0xe9));
  assert.equal(latin.text, 'café');
  assert.match(latin.note, /Windows-1252/);
  for (const [name, file, why] of [
    ['a.pdf', utf8('%PDF-1.7'), /PDF/], ['a.epub', bytes(0x50, 0x4b, 3, 4, 9), /EPUB/], ['a.bin', bytes(65, 0, 66), /no text/],
    ['a.txt', utf8(' \n'), /empty/], ['a.txt', new Uint8Array(9 * 2 ** 20), /larger/],
  ]) {
    assert.throws(() => textOfFile(name, file), (error) => error instanceof FileError && why.test(error.message));
  }
});

test('the first text is in the voice\'s language, and has a sound only where the voice makes it', () => {
  assert.match(firstTextOf({ language: 'en', tags: ['chuckle'] }), /<chuckle>/);
  assert.doesNotMatch(firstTextOf({ language: 'en', tags: [] }), /</);
  assert.match(firstTextOf({ language: 'de' }), /^Hallo/);
  for (const language of ['en', 'fr', 'de', 'es', 'it', 'ko', 'zh', 'hi', 'xx', '']) {
    for (const tags of [[], ['chuckle', '낄낄', '轻笑']]) assert.ok(isFirstText(firstTextOf({ language, tags })));
  }
  assert.ok(!isFirstText('Mine.'));
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
  assert.equal(duration(607), '10 min');
  assert.equal(duration(3590), '1 h 0 min');
  assert.equal(estimateSeconds('a'.repeat(150), 1, 1.5), 1.5 * estimateSeconds('a'.repeat(150)));
});
