// Where in a speech somebody listens, while it may still be growing. Pure: the audio thread pulls from it, or the page
// itself where a browser offers no audio thread (an address without TLS that is not this machine).
export class Playhead {
  #chunks = [];
  #starts = [];
  length = 0; // in samples, of what has come
  position = 0;
  ended = false; // nothing more will come
  waiting = true; // for more to come
  #refill; // what must be ahead, in samples, once it has run dry

  constructor(refill) {
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
  }

  get atEnd() {
    return this.ended && this.position >= this.length;
  }

  // Fills the output, −1 … 1, as far as there is sound, the rest with silence. Begins at once; where it runs dry, it goes
  // on when there is a little more than nothing, so that it does not stutter.
  pull(output) {
    const ahead = this.length - this.position;
    if (this.waiting && ahead > 0) {
      this.waiting = this.position > 0 && ahead < this.#refill && !this.ended;
    }
    let filled = 0;
    if (!this.waiting) {
      let index = this.#indexAt(this.position);
      while (filled < output.length && index < this.#chunks.length) {
        const chunk = this.#chunks[index];
        const from = this.position - this.#starts[index];
        const count = Math.min(chunk.length - from, output.length - filled);
        for (let i = 0; i < count; i += 1) output[filled + i] = chunk[from + i] / 32768;
        filled += count;
        this.position += count;
        index += 1;
      }
      this.waiting = filled < output.length && !this.ended;
    }
    output.fill(0, filled);
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
