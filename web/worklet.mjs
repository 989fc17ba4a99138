// On the audio thread: plays what the page sends, and tells where it is.
import { Playhead } from './playhead.mjs';

const quantaBetweenReports = 8; // 43 ms at 24 kHz

class Speaker extends AudioWorkletProcessor {
  #playhead = null;
  #speech = 0;
  #playing = false;
  #quanta = 0;
  #said = '';

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data.load) {
        this.#speech = data.load;
        this.#playhead = new Playhead(sampleRate * 0.4);
      }
      if (data.samples) this.#playhead.push(data.samples);
      if (data.end) this.#playhead.end();
      if (data.seek !== undefined) this.#playhead.seek(data.seek);
      if (data.playing !== undefined) this.#playing = data.playing;
      if (data.seek !== undefined || data.playing !== undefined) this.#said = '';
    };
  }

  process(_inputs, [[output]]) {
    const playhead = this.#playhead;
    if (!playhead || !this.#playing) return true;
    const first = playhead.position === 0;
    const filled = playhead.pull(output);
    if (playhead.atEnd) this.#playing = false;
    const state = playhead.atEnd ? 'ended' : playhead.waiting ? 'waiting' : 'playing';
    this.#quanta += 1;
    if (state !== this.#said || (first && filled > 0) || this.#quanta >= quantaBetweenReports) {
      this.#said = state;
      this.#quanta = 0;
      this.port.postMessage({ speech: this.#speech, position: playhead.position, state });
    }
    return true;
  }
}

registerProcessor('speaker', Speaker);
