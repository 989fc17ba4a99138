// The list of stored speeches: play, edit, delete.
import { $, button, make } from './elements.mjs';
import { clock } from './text.mjs';
import { shownName } from './voices.mjs';

export class HistoryList {
  #history;
  onplay = () => {};
  onreuse = () => {};
  onsay = () => {};

  constructor(history) {
    this.#history = history;
    $('history-clear').addEventListener('click', async () => {
      if (!window.confirm('Delete all stored speeches?')) return;
      await history.clear();
      await this.show();
      $('history-title').focus();
      this.onsay('The history is empty.');
    });
    $('history-title').tabIndex = -1;
  }

  async add(entry, sound) {
    try {
      await this.#history.add(entry, sound);
    } catch (error) {
      this.onsay(`This speech could not be stored: ${error.message}`); // usually because there is no room
    }
    await this.show();
  }

  async show() {
    const entries = await this.#history.list();
    $('history-clear').hidden = entries.length === 0;
    $('history-note').hidden = entries.length > 0 && this.#history.isKept;
    if (!this.#history.isKept) $('history-note').textContent = 'This browser stores nothing here. The history lasts until you close the page.';
    $('history').replaceChildren(...entries.map((entry) => this.#item(entry)));
  }

  #item(entry) {
    const { id, text, voice, language, seconds, when, whole } = entry;
    const time = new Date(when);
    const about = make('p', { className: 'note' }, `${shownName(voice)} · ${clock(seconds)}${whole ? '' : ' · stopped early'} · `,
      make('time', { dateTime: time.toISOString() }, time.toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' })));
    const words = make('p', { className: 'words', dir: 'auto' }, text);
    words.lang = language ?? '';
    const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    return make('li', {},
      button('play', `Play: ${short}`, { className: 'round small play' }, () => this.onplay(entry)),
      make('div', { className: 'what' }, words, about),
      button('again', `Edit again: ${short}`, { className: 'quiet icon-button' }, () => this.onreuse(entry)),
      button('trash', `Delete: ${short}`, { className: 'quiet icon-button' }, async () => {
        await this.#history.remove(id);
        await this.show();
        ($('history').querySelector('.play') ?? $('history-title')).focus();
        this.onsay('Deleted.');
      }));
  }
}
