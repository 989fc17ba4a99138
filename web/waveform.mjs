// Draws a speech as bars: the played part, the part that has arrived, and the expected part. Also used for seeking.
import { clock } from './text.mjs';

const bar = 3; // CSS pixels: width of a bar, and of a gap
const gap = 2;

export class Waveform {
  #slider;
  #canvas;
  #speech = null;
  #shown = 0; // seconds of the whole width: arrived or expected
  #position = 0;
  onseek = () => {}; // in seconds

  constructor(slider, canvas) {
    this.#slider = slider;
    this.#canvas = canvas;
    slider.addEventListener('pointerdown', (event) => {
      slider.setPointerCapture(event.pointerId);
      this.#seekTo(event);
    });
    slider.addEventListener('pointermove', (event) => {
      if (slider.hasPointerCapture(event.pointerId)) this.#seekTo(event);
    });
    slider.addEventListener('keydown', (event) => this.#key(event));
    new ResizeObserver(() => this.#draw()).observe(slider);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
  }

  show(speech, position) {
    this.#speech = speech;
    this.#position = position;
    this.#shown = speech.ended ? speech.seconds : Math.max(speech.expected, speech.seconds * 1.05, 1);
    const { seconds } = speech;
    this.#slider.setAttribute('aria-valuemax', seconds.toFixed(1));
    this.#slider.setAttribute('aria-valuenow', Math.min(position, seconds).toFixed(1));
    this.#slider.setAttribute('aria-valuetext', `${clock(position)} of ${clock(seconds)}${speech.ended ? '' : ' so far'}`);
    this.#draw();
  }

  #seekTo({ clientX }) {
    if (!this.#speech) return;
    const { left, width } = this.#slider.getBoundingClientRect();
    this.onseek(Math.min(this.#speech.seconds, Math.max(0, ((clientX - left) / width) * this.#shown)));
  }

  #key(event) {
    const steps = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -30, PageUp: 30, Home: -Infinity, End: Infinity };
    if (!this.#speech || !(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.onseek(Math.min(this.#speech.seconds, Math.max(0, this.#position + steps[event.key])));
  }

  #draw() {
    const canvas = this.#canvas;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!this.#speech || width === 0) return;
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const colours = getComputedStyle(canvas);
    const [heard, come, missing] = ['--wave-heard', '--wave-come', '--wave-missing'].map((name) => colours.getPropertyValue(name));
    const pen = canvas.getContext('2d');
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const count = Math.floor((width + gap) / (bar + gap));
    const secondsPerBar = this.#shown / count;
    for (let i = 0; i < count; i += 1) {
      const from = i * secondsPerBar;
      const there = from < this.#speech.seconds;
      const peak = there ? this.#speech.peakBetween(from, from + secondsPerBar) : 0;
      const tall = Math.max(bar, Math.min(1, peak ** 0.7 * 1.1) * height);
      pen.fillStyle = !there ? missing : from < this.#position ? heard : come;
      pen.beginPath();
      if (pen.roundRect) pen.roundRect(i * (bar + gap), (height - tall) / 2, bar, tall, bar / 2);
      else pen.rect(i * (bar + gap), (height - tall) / 2, bar, tall);
      pen.fill();
    }
  }
}
