// Runs on the audio thread: plays the sound that the page sends, and reports the position.
import { Deck } from './playhead.mjs';

const quantaBetweenReports = 8; // 43 ms at 24 kHz

class Speaker extends AudioWorkletProcessor {
  #deck = new Deck(sampleRate);
  #quanta = 0;
  #said = '';

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      this.#deck.receive(data);
      if (data.seek !== undefined || data.playing !== undefined) this.#said = '';
    };
  }

  process(_inputs, [[output]]) {
    const first = this.#deck.playhead?.position === 0;
    const now = this.#deck.pull(output);
    if (!now) return true;
    this.#quanta += 1;
    if (now.state !== this.#said || (first && now.position > 0) || this.#quanta >= quantaBetweenReports) {
      this.#said = now.state;
      this.#quanta = 0;
      this.port.postMessage(now);
    }
    return true;
  }
}

registerProcessor('speaker', Speaker);
