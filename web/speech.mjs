// A speech that is growing: its sound, its loudness over time, and the positions of the text's parts in the sound. Pure.

const peaksPerSecond = 50;

export class Speech {
  chunks = []; // Int16Array each
  length = 0; // in samples
  peaks = []; // 0 … 1, 50 per second
  // { start in seconds, letters, sentences: [{ begin, end }], words: [{ start, end, from, to }] }; places are UTF-16 units of
  // this speech's text. The words come after the piece's sound.
  pieces = [];
  numPieces = 1;
  file = null; // { format, chunks }: the same sound, encoded by the server
  ended = false; // no more sound will arrive
  whole = false; // ended without an error
  #peakAt = 0;
  #loudest = 0;

  // what: text, voice, language, settings, rate in Hz, seed, model, expected seconds
  constructor(what) {
    Object.assign(this, what);
  }

  get seconds() {
    return this.length / this.rate;
  }

  append(samples) {
    this.chunks.push(samples);
    this.length += samples.length;
    const step = Math.round(this.rate / peaksPerSecond);
    for (const sample of samples) {
      this.#loudest = Math.max(this.#loudest, Math.abs(sample));
      this.#peakAt += 1;
      if (this.#peakAt === step) {
        this.peaks.push(this.#loudest / 32768);
        this.#peakAt = 0;
        this.#loudest = 0;
      }
    }
  }

  // The loudest between two times, in seconds.
  peakBetween(from, to) {
    let peak = 0;
    const last = Math.min(this.peaks.length, Math.max(Math.ceil(to * peaksPerSecond), Math.floor(from * peaksPerSecond) + 1));
    for (let i = Math.floor(from * peaksPerSecond); i < last; i += 1) peak = Math.max(peak, this.peaks[i]);
    return peak;
  }

  appendFile(bytes) {
    this.file?.chunks.push(bytes);
  }

  end(whole) {
    this.ended = true;
    this.whole = whole;
  }

  // All samples in one array.
  samples() {
    const all = new Int16Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}

const longestPause = 0.6; // seconds after a word while it stays marked

// Returns the word at a time, or nothing in a pause. words: of one piece; may be absent.
function wordAt(seconds, words = []) {
  const word = words.findLast(({ start }) => start <= seconds + 1e-6);
  return word && seconds < word.end + longestPause ? word : null;
}

// Returns the first word at a place of the text, or the one before it; nothing if its time is not known.
export function wordWritten(place, pieces) {
  const all = pieces.flatMap(({ words = [] }) => words);
  return all.find(({ from, to }) => from <= place && place < to) ?? all.findLast(({ from }) => from <= place) ?? null;
}

// Returns the sentence at a time, { piece, sentence } and, if it is known, the word; or nothing before the first. The server
// sends the start of each piece, the positions of its sentences and the times of its words. Without words, the time of a
// sentence is estimated from its number of letters. For the piece that is still growing, estimate(piece) returns the
// expected seconds.
export function sentenceAt(seconds, pieces, end, estimate) {
  let piece = -1;
  while (piece + 1 < pieces.length && pieces[piece + 1].start <= seconds + 1e-6) piece += 1;
  if (piece < 0) return null;
  const { start, sentences, words } = pieces[piece];
  const word = wordAt(seconds, words);
  if (word) return { piece, sentence: Math.max(0, sentences.findLastIndex(({ begin }) => begin <= word.from)), word };
  const until = pieces[piece + 1]?.start ?? end ?? start + estimate(pieces[piece]);
  const share = Math.min(0.999999, Math.max(0, (seconds - start) / Math.max(1e-3, until - start)));
  const letters = sentences.reduce((sum, sentence) => sum + sentence.end - sentence.begin, 0);
  let passed = 0;
  for (let i = 0; i < sentences.length; i += 1) {
    passed += sentences[i].end - sentences[i].begin;
    if (share * letters < passed) return { piece, sentence: i };
  }
  return { piece, sentence: sentences.length - 1 };
}
