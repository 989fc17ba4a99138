// Changes the speed of speech without its pitch (waveform similarity overlap-add): overlaps short windows of the sound, each at the
// position that continues the previous one best. Pure: used on the audio thread or on the page's thread.

const hopSeconds = 0.0125; // output of each step
const searchSeconds = 0.008; // how far a window may be shifted: the period of a low voice
const everySample = 3; // the comparison uses every third sample

export class Stretch {
  #hop;
  #search;
  #fade; // 0 … 1
  #next = null; // position after the last window, in samples of the sound
  #going;
  #around;

  constructor(rate) {
    this.#hop = Math.round(rate * hopSeconds);
    this.#search = Math.round(rate * searchSeconds);
    this.#fade = Float32Array.from({ length: this.#hop }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / this.#hop));
    this.#going = new Float32Array(this.#hop);
    this.#around = new Float32Array(this.#hop + 2 * this.#search);
  }

  // The samples that a step needs after the position.
  get reach() {
    return 2 * this.#hop + 2 * this.#search;
  }

  // The position from which playback at speed 1 continues without a click; null before the first step.
  get next() {
    return this.#next;
  }

  // Computes the next samples of output at this speed. read(at, into) fills an array from position `at`, with silence where there is no sound.
  // Returns the samples and the next position.
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

  // The position in #around that is most similar to #going.
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
