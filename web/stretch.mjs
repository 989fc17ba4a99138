// Speech faster or slower at its own pitch: short stretches of the sound are laid over one another, each where it goes on
// most like the last (waveform similarity overlap-add). Pure: on the audio thread or the page's own.

const hopSeconds = 0.0125; // of output, for each step
const searchSeconds = 0.008; // a stretch may come so much sooner or later: a low voice's period
const everySample = 3; // of the likeness, one of so many samples

export class Stretch {
  #hop;
  #search;
  #fade; // 0 … 1
  #next = null; // where the last stretch goes on, in samples of the sound
  #going;
  #around;

  constructor(rate) {
    this.#hop = Math.round(rate * hopSeconds);
    this.#search = Math.round(rate * searchSeconds);
    this.#fade = Float32Array.from({ length: this.#hop }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / this.#hop));
    this.#going = new Float32Array(this.#hop);
    this.#around = new Float32Array(this.#hop + 2 * this.#search);
  }

  // What must lie ahead of the position for a step, in samples.
  get reach() {
    return 2 * this.#hop + 2 * this.#search;
  }

  // Where plain playing goes on without a click, after steps; null before any.
  get next() {
    return this.#next;
  }

  // The next samples of output at this speed. read(at, into) fills an array from there on, with silence where nothing is.
  // Returns them and the position behind them.
  step(read, position, speed) {
    const hop = this.#hop;
    read(this.#next ?? position, this.#going);
    read(position - this.#search, this.#around);
    const from = this.#next === null ? this.#search : this.#likest();
    const samples = new Float32Array(hop);
    for (let i = 0; i < hop; i += 1) {
      samples[i] = this.#going[i] * (1 - this.#fade[i]) + this.#around[from + i] * this.#fade[i];
    }
    this.#next = position - this.#search + from + hop;
    return { samples, position: position + Math.round(hop * speed) };
  }

  // The place in #around that is most like #going.
  #likest() {
    let best = this.#search;
    let most = -Infinity;
    for (let from = 0; from <= 2 * this.#search; from += 1) {
      let product = 0;
      let power = 1e-6;
      for (let i = 0; i < this.#hop; i += everySample) {
        const sample = this.#around[from + i];
        product += sample * this.#going[i];
        power += sample * sample;
      }
      const likeness = product / Math.sqrt(power);
      if (likeness > most) [most, best] = [likeness, from];
    }
    return best;
  }
}
