// Suggests a large voice to users who have only the small voice.
import { $ } from './elements.mjs';

const kept = 'orpheus.no-advice'; // the model for which the user closed the advice

const advice = {
  'orpheus-small': 'This is the small voice that comes with orpheus. Large voices laugh, sigh and speak eight languages. ' +
    'Run this on the server’s machine, then start the server again:',
  'orpheus-synthetic': 'This voice has random weights: it babbles. Run this on the server’s machine, then start the server again:',
};

export class Advice {
  #kind = '';

  constructor(say) {
    $('better-copy').addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText($('better-command').textContent);
        say('The command is copied.');
      } catch {
        getSelection().selectAllChildren($('better-command'));
        say('The command is selected: copy it.');
      }
    });
    $('better-close').addEventListener('click', () => {
      $('better').hidden = true;
      try {
        localStorage.setItem(kept, this.#kind);
      } catch { /* not stored: shown again next time */ }
    });
  }

  // model: the name in its file.
  show(model = '') {
    this.#kind = Object.keys(advice).find((name) => model.startsWith(name)) ?? '';
    let dismissed = '';
    try {
      dismissed = localStorage.getItem(kept) ?? '';
    } catch { /* not stored: it is shown */ }
    $('better').hidden = !this.#kind || dismissed === this.#kind;
    if (this.#kind) $('better-text').textContent = advice[this.#kind];
  }
}
