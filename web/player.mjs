// Plays a speech while the server generates it.
import { ServerError } from './api.mjs';
import { Deck } from './playhead.mjs';

const blockOfFallback = 1024;

export class Player {
  #context = null;
  #port = null; // of the worklet, or of its replacement
  #loudness = null; // the last node
  #volume = 1;
  #speed = 1;
  #opened = null; // a promise that resolves when the port exists
  #rate = 0;
  #number = 0;
  #speech = null;
  #sent = 0; // number of chunks that were sent to the port
  playing = false;
  state = 'idle'; // idle, waiting, playing, paused, ended
  position = 0; // in samples
  onchange = () => {};

  // Call it in the handler of a click or a key: browsers allow the start of sound only there. Later calls take effect
  // in order, so load() may be called immediately.
  async unlock(rate) {
    if (!this.#context || this.#rate !== rate) {
      this.#context?.close();
      this.#rate = rate;
      this.#context = new AudioContext({ sampleRate: rate, latencyHint: 'interactive' });
      this.#loudness = new GainNode(this.#context, { gain: this.#volume });
      this.#loudness.connect(this.#context.destination);
      this.#opened = this.#open();
    }
    const resumed = this.#context.resume();
    await this.#opened;
    return resumed;
  }

  async #open() {
    const context = this.#context;
    try {
      this.#port = context.audioWorklet ? await this.#worklet() : this.#fallback();
    } catch { // the worklet's file did not load; the next click tries again
      if (this.#context === context) this.#context = null;
      throw new ServerError('offline', 'The server does not answer. Is it running?');
    }
    this.#port.onmessage = ({ data }) => this.#hear(data);
  }

  async #worklet() {
    await this.#context.audioWorklet.addModule(new URL('./worklet.mjs', import.meta.url));
    const node = new AudioWorkletNode(this.#context, 'speaker', { numberOfInputs: 0, outputChannelCount: [1] });
    node.connect(this.#loudness);
    return node.port;
  }

  // Browsers offer the audio thread only on pages from this machine or with TLS.
  #fallback() {
    const node = this.#context.createScriptProcessor(blockOfFallback, 1, 1);
    const deck = new Deck(this.#rate);
    const port = { onmessage: () => {}, postMessage: (data) => deck.receive(data) };
    node.onaudioprocess = ({ outputBuffer }) => {
      const now = deck.pull(outputBuffer.getChannelData(0));
      if (now) port.onmessage({ data: now });
    };
    node.connect(this.#loudness);
    return port;
  }

  #hear({ speech, position, state }) {
    if (speech !== this.#number) return;
    this.position = position;
    if (this.playing) this.state = state;
    if (state === 'ended') this.playing = false;
    this.onchange();
  }

  // Plays this speech from its beginning and stops any other.
  load(speech) {
    this.#number += 1;
    this.#speech = speech;
    this.#sent = 0;
    this.position = 0;
    this.playing = true;
    this.state = 'waiting';
    this.#port.postMessage({ load: this.#number, playing: true, speed: this.#speed });
    this.feed();
  }

  // Sends the chunks that have arrived since the last call.
  feed() {
    const speech = this.#speech;
    if (!speech) return;
    for (; this.#sent < speech.chunks.length; this.#sent += 1) {
      this.#port.postMessage({ samples: speech.chunks[this.#sent] });
    }
    if (speech.ended) this.#port.postMessage({ end: true });
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.state = 'paused';
    this.#port.postMessage({ playing: false });
    this.onchange();
  }

  resume() {
    if (!this.#speech) return;
    this.#context.resume();
    if (this.#speech.ended && this.position >= this.#speech.length) this.seek(0);
    this.playing = true;
    this.state = 'waiting';
    this.#port.postMessage({ playing: true });
    this.onchange();
  }

  seek(position) {
    if (!this.#speech) return;
    this.position = Math.min(Math.max(0, Math.round(position)), this.#speech.length);
    this.#port.postMessage({ seek: this.position });
    if (this.state === 'ended') this.state = 'paused';
    this.onchange();
  }

  // 0 … 1, in perceived loudness: 0.5 sounds half as loud.
  set volume(volume) {
    this.#volume = volume ** 2;
    if (this.#loudness) this.#loudness.gain.value = this.#volume;
  }

  // 1 is the original speed; the pitch does not change.
  set speed(speed) {
    this.#speed = speed;
    this.#port?.postMessage({ speed });
  }

  // The listener's position in a speech; may be called for any speech.
  plays(speech) {
    return this.#speech === speech;
  }
}
