// The settings dialog: this browser's API key, and the server's settings for users who may change them.
import { ServerError, getJson, key, post } from './api.mjs';
import { $, make } from './elements.mjs';

const about = {
  ORPHEUS_HOST: ['Address', 'where it listens; from the next start'],
  ORPHEUS_PORT: ['Port', 'from the next start'],
  ORPHEUS_MAX_TOKENS: ['Most tokens', 'of one piece of text; 82 are a second'],
  ORPHEUS_TEMPERATURE: ['Temperature', '0 … 2, without one of a request'],
  ORPHEUS_TOP_P: ['Top p', '0 … 1'],
  ORPHEUS_SAMPLE_RATE: ['Sample rate', 'Hz, of every format'],
  ORPHEUS_MODEL_NAME: ['Model name', 'as listings show it'],
  ORPHEUS_VOICES: ['More voices', 'names with commas, of a fine-tuned model'],
  ORPHEUS_UNKNOWN_VOICE: ['Unknown voice', 'refuse, accept or first'],
};

export class SettingsDialog {
  #dialog = $('settings');
  #before = {};
  #offered = false; // whether the server allows changes of its settings
  onkey = () => {};
  onrestart = () => {};

  constructor() {
    $('open-settings').addEventListener('click', () => this.open());
    $('close-settings').addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close(); // a click outside of it
    });
    $('key-form').addEventListener('submit', (event) => {
      event.preventDefault();
      key.set($('key').value.trim(), $('key-keep').checked);
      this.#dialog.close();
      this.onkey();
    });
    $('config-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  offer(offered) {
    this.#offered = offered;
  }

  open({ forKey = false } = {}) {
    $('key').value = key.get();
    $('key-keep').checked = key.isKept();
    if (!this.#dialog.open) this.#dialog.showModal();
    if (forKey) $('key').focus();
    this.#load();
  }

  #say(text, isError = false) {
    $('config-note').textContent = text;
    $('config-note').classList.toggle('bad', isError);
  }

  async #load() {
    $('config-fields').replaceChildren();
    $('config-actions').hidden = true;
    if (!this.#offered) return this.#say('This server does not allow changes of its settings here.');
    this.#say('Loading…');
    try {
      this.#before = await getJson('get_config');
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      return this.#say(error.message, error.kind !== 'key');
    }
    this.#say('Settings are saved. Those that need no restart apply immediately.');
    $('config-fields').append(...Object.entries(this.#before).map(([name, value]) => {
      const [label, note] = about[name] ?? [name.replace(/^ORPHEUS_/, '').replaceAll('_', ' ').toLowerCase(), ''];
      return make('label', { className: 'field' }, make('span', {}, label, note && make('small', {}, note)),
        make('input', { name, value: String(value), autocomplete: 'off', spellcheck: false }));
    }));
    $('config-actions').hidden = false;
  }

  async #save() {
    const changes = {};
    for (const { name, value } of $('config-fields').querySelectorAll('input')) {
      if (value !== String(this.#before[name])) changes[name] = value;
    }
    if (Object.keys(changes).length === 0) return this.#say('Nothing was changed.');
    this.#say('Saving…');
    try {
      await post('save_config', changes);
      const { message } = await (await post('restart_server', {})).json();
      Object.assign(this.#before, changes);
      this.#say(message);
      this.onrestart();
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      this.#say(error.message, true);
    }
  }
}
