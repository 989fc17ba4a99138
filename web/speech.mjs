// One speech as it grows: its sound, how loud it is over time, and which part of the text is heard where. Pure.

const peaksPerSecond = 50;

export class Speech {
  chunks = []; // Int16Array each
  length = 0; // in samples
  peaks = []; // 0 … 1, one for each fiftieth of a second
  pieces = []; // { text, start } in seconds
  numPieces = 1;
  ended = false; // nothing more will come
  whole = false; // and all of it came
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

// Which sentence is heard at a time: { piece, sentence }, or nothing before the first. The server says where a piece
// begins; within it, a sentence's share of the time is taken to be its share of the letters. The piece that is still
// being made is taken to have the pace of a usual reader.
export function sentenceAt(seconds, pieces, sentencesOf, end, estimate) {
  let piece = -1;
  while (piece + 1 < pieces.length && pieces[piece + 1].start <= seconds + 1e-6) piece += 1;
  if (piece < 0) return null;
  const parts = sentencesOf(piece);
  const { start, text } = pieces[piece];
  const until = pieces[piece + 1]?.start ?? end ?? start + estimate(text);
  const share = Math.min(0.999999, Math.max(0, (seconds - start) / Math.max(1e-3, until - start)));
  const letters = parts.reduce((sum, part) => sum + part.length, 0);
  let passed = 0;
  for (let i = 0; i < parts.length; i += 1) {
    passed += parts[i].length;
    if (share * letters < passed) return { piece, sentence: i };
  }
  return { piece, sentence: parts.length - 1 };
}
