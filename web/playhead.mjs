// The playback position in a speech that may still be growing. Pure. The audio thread calls it, or the page
// if the browser offers no audio thread (a page from another machine without TLS).
import { Stretch } from './stretch.mjs';

const refillSeconds = 0.4; // sound that must be available to continue after a gap

export class Playhead {
  #chunks = [];
  #starts = [];
  length = 0; // samples that have arrived
  position = 0;
  ended = false; // no more sound will arrive
  waiting = true; // for more sound
  #refill; // in samples
  #rate;
  #speed = 1;
  #stretch = null; // used at speeds other than 1
  #ready = new Float32Array(0); // samples at that speed, not played yet
  #readyAt = 0;

  constructor(rate, refill = rate * refillSeconds) {
    this.#rate = rate;
    this.#refill = refill;
  }

  push(samples) {
    if (samples.length === 0) return;
    this.#starts.push(this.length);
    this.#chunks.push(samples);
    this.length += samples.length;
  }

  end() {
    this.ended = true;
  }

  seek(position) {
    this.position = Math.min(Math.max(0, Math.round(position)), this.length);
    this.#forget();
  }

  // 1 is the original speed; the pitch does not change.
  set speed(speed) {
    if (speed === this.#speed) return;
    this.#speed = speed;
    if (speed === 1 && this.#stretch) {
      this.position = Math.min(this.#stretch.next ?? this.position, this.length);
      this.#forget();
    }
  }

  get atEnd() {
    return this.ended && this.position >= this.length && this.#readyAt === this.#ready.length;
  }

  // Fills the output (−1 … 1) with the available sound and then silence. Starts immediately. After a gap, it continues
  // only when refillSeconds of sound are available, to avoid stuttering.
  pull(output) {
    const ahead = this.length - this.position;
    if (this.waiting && ahead > 0) {
      this.waiting = this.position > 0 && ahead < this.#refill && !this.ended;
    }
    let filled = 0;
    if (!this.waiting) {
      filled = this.#speed === 1 ? this.#plain(output) : this.#stretched(output);
      this.waiting = filled < output.length && !this.ended;
    }
    output.fill(0, filled);
    return filled;
  }

  #plain(output) {
    const count = this.#read(this.position, output);
    this.position += count;
    return count;
  }

  #stretched(output) {
    this.#stretch ??= new Stretch(this.#rate);
    let filled = 0;
    while (filled < output.length) {
      if (this.#readyAt === this.#ready.length) {
        const ahead = this.length - this.position;
        if (ahead <= 0 || (ahead < this.#stretch.reach && !this.ended)) break;
        const { samples, position } = this.#stretch.step((at, into) => this.#readAround(at, into), this.position, this.#speed);
        this.#ready = samples;
        this.#readyAt = 0;
        this.position = Math.min(position, this.length);
      }
      const count = Math.min(output.length - filled, this.#ready.length - this.#readyAt);
      output.set(this.#ready.subarray(this.#readyAt, this.#readyAt + count), filled);
      this.#readyAt += count;
      filled += count;
    }
    return filled;
  }

  #forget() {
    this.#stretch = null;
    this.#ready = new Float32Array(0);
    this.#readyAt = 0;
  }

  // Samples from any position; silence where there are none.
  #readAround(at, into) {
    const before = Math.min(into.length, Math.max(0, -at));
    into.fill(0);
    this.#read(at + before, into.subarray(before));
  }

  // Returns the number of available samples.
  #read(at, into) {
    let filled = 0;
    let index = this.#indexAt(at);
    while (filled < into.length && index < this.#chunks.length) {
      const chunk = this.#chunks[index];
      const from = at + filled - this.#starts[index];
      const count = Math.min(chunk.length - from, into.length - filled);
      for (let i = 0; i < count; i += 1) into[filled + i] = chunk[from + i] / 32768;
      filled += count;
      index += 1;
    }
    return filled;
  }

  #indexAt(position) {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle] <= position) low = middle + 1;
      else high = middle;
    }
    const index = low - 1;
    return index >= 0 && position < this.length ? index : this.#chunks.length;
  }
}

// The player's core: handles the page's messages and fills the audio output.
export class Deck {
  #rate;
  #speech = 0;
  #playing = false;
  #speed = 1;
  playhead = null;

  constructor(rate) {
    this.#rate = rate;
  }

  receive(message) {
    if (message.speed !== undefined) this.#speed = message.speed;
    if (message.load) {
      this.#speech = message.load;
      this.playhead = new Playhead(this.#rate);
    }
    if (this.playhead) this.playhead.speed = this.#speed;
    if (message.samples) this.playhead.push(message.samples);
    if (message.end) this.playhead.end();
    if (message.seek !== undefined) this.playhead.seek(message.seek);
    if (message.playing !== undefined) this.#playing = message.playing;
  }

  // Fills the output. Returns the current position, or nothing if nothing is playing.
  pull(output) {
    const { playhead } = this;
    if (!playhead || !this.#playing) {
      output.fill(0);
      return null;
    }
    playhead.pull(output);
    if (playhead.atEnd) this.#playing = false;
    const state = playhead.atEnd ? 'ended' : playhead.waiting ? 'waiting' : 'playing';
    return { speech: this.#speech, position: playhead.position, state };
  }
}
