// The measured pace of each voice, to estimate the duration of a text: seconds per second of a
// fast reader. Stored in this browser.

const kept = 'orpheus.paces';
const leastSeconds = 2; // shortest speech that is measured
const brisk = 15; // characters per second of the fast reader
const weight = 0.3; // weight of the latest speech

export class Paces {
  #known = {};

  constructor() {
    try {
      this.#known = JSON.parse(localStorage.getItem(kept)) ?? {};
    } catch { /* not stored */ }
  }

  // Until a speech was measured, uses the server's value for the voice.
  of(voice) {
    return this.#known[voice?.name] ?? (voice ? brisk / voice.characters_per_second : 1);
  }

  // estimate: seconds at pace 1 and at the speed of the speech.
  heard(name, seconds, estimate) {
    if (seconds < leastSeconds || estimate < leastSeconds) return;
    const pace = Math.min(4, Math.max(0.25, seconds / estimate));
    const before = this.#known[name];
    this.#known[name] = before === undefined ? pace : before + weight * (pace - before);
    try {
      localStorage.setItem(kept, JSON.stringify(this.#known));
    } catch { /* not stored: last as long as the page */ }
  }
}
