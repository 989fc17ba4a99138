// How fast each voice was heard to speak, so that the page can say how long a text takes: seconds for each second of a
// brisk reader. Kept in this browser.

const kept = 'orpheus.paces';
const leastSeconds = 2; // of a speech that tells something
const brisk = 15; // characters a second, of that reader
const weight = 0.3; // of what was heard last

export class Paces {
  #known = {};

  constructor() {
    try {
      this.#known = JSON.parse(localStorage.getItem(kept)) ?? {};
    } catch { /* nothing is kept */ }
  }

  // Before any was heard, what the server says of the voice counts.
  of(voice) {
    return this.#known[voice?.name] ?? (voice ? brisk / voice.characters_per_second : 1);
  }

  // estimate: seconds at pace 1 and the speech's own speed.
  heard(name, seconds, estimate) {
    if (seconds < leastSeconds || estimate < leastSeconds) return;
    const pace = Math.min(4, Math.max(0.25, seconds / estimate));
    const before = this.#known[name];
    this.#known[name] = before === undefined ? pace : before + weight * (pace - before);
    try {
      localStorage.setItem(kept, JSON.stringify(this.#known));
    } catch { /* they last as long as the page */ }
  }
}
