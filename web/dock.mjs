// The player at the bottom of the window: position, volume, playback speed, and the facts of the speech.
import { $, showIcon } from './elements.mjs';
import { clock } from './text.mjs';
import { shownName } from './voices.mjs';

const kept = 'orpheus.listening';

export class Dock {
  #player;
  #waveform;

  constructor(player, waveform) {
    this.#player = player;
    this.#waveform = waveform;
    let { volume = 1, rate = 1 } = {};
    try {
      ({ volume = 1, rate = 1 } = JSON.parse(localStorage.getItem(kept)) ?? {});
    } catch { /* not stored */ }
    $('volume').value = volume;
    $('rate').value = rate;
    if (!$('rate').value) $('rate').value = 1;
    for (const name of ['volume', 'rate']) $(name).addEventListener('input', () => this.#set());
    this.#set();
    // Keeps the end of the page visible above the player.
    new ResizeObserver(() => {
      document.documentElement.style.setProperty('--dock', `${$('player').offsetHeight}px`);
    }).observe($('player'));
  }

  #set() {
    const volume = Number($('volume').value);
    const rate = Number($('rate').value);
    this.#player.volume = volume;
    this.#player.speed = rate;
    try {
      localStorage.setItem(kept, JSON.stringify({ volume, rate }));
    } catch { /* not stored: last as long as the page */ }
  }

  // Nothing covers it.
  open(speech) {
    $('player').hidden = !speech;
    if (!speech) return;
    $('player-title').textContent = shownName(speech.voice);
    this.#waveform.show(speech, 0);
  }

  // state: a text; making: whether the server still generates the speech; at: the current sentence, or null; format: of a download.
  show(speech, { state, making, playing, position, at, format, busy }) {
    const node = $('player');
    node.dataset.state = state;
    node.dataset.making = making;
    if ($('player-state').textContent !== state) $('player-state').textContent = state;
    const passage = speech.numPieces > 1 && at ? `${at.piece + 1} of ${speech.numPieces}${speech.hasMore ? '+' : ''}` : '';
    if ($('passage').textContent !== passage) $('passage').textContent = passage;
    this.#waveform.show(speech, position);
    $('time-now').textContent = clock(position);
    $('time-all').textContent = ` / ${clock(speech.seconds)}${speech.ended ? '' : '…'}`;
    const label = playing ? 'Pause' : 'Play';
    if ($('pause-label').textContent !== label) {
      $('pause-label').textContent = label;
      showIcon(...(playing ? ['pause-icon', 'play-icon'] : ['play-icon', 'pause-icon']));
    }
    $('pause').disabled = speech.length === 0;
    $('stop').disabled = !making && !playing;
    $('download').disabled = speech.length === 0 || busy;
    $('download-label').textContent = format.toUpperCase();
    $('fact-first').textContent = speech.first === undefined ? '–' : `${speech.first.toFixed(2)} s`;
    const spent = speech.made ?? (performance.now() - (speech.started ?? 0)) / 1000;
    $('fact-factor').textContent = speech.length > 0 && spent > 0 ? `${(speech.seconds / spent).toFixed(1)}×` : '–';
    $('fact-seed').textContent = speech.seed ?? '–';
  }
}
