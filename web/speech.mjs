// A speech that is growing: its sound, its loudness over time, and the positions of the text's parts in the sound. Pure.

const peaksPerSecond = 50;

export class Speech {
  chunks = []; // Int16Array each
  length = 0; // in samples
  peaks = []; // 0 … 1, 50 per second
  pieces = []; // { text, start in seconds, sentences: [{ begin, end }] of this speech's text in UTF-16 units }
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

// Returns the sentence at a time, { piece, sentence }, or nothing before the first. The server sends the start of each piece
// and the positions of its sentences. Within a piece, the time of a sentence is estimated from its number of letters.
// For the piece that is still growing, estimate(piece) returns the expected seconds.
export function sentenceAt(seconds, pieces, end, estimate) {
  let piece = -1;
  while (piece + 1 < pieces.length && pieces[piece + 1].start <= seconds + 1e-6) piece += 1;
  if (piece < 0) return null;
  const { start, sentences } = pieces[piece];
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
