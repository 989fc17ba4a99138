// Shows the voices as cards, grouped by language.
import { button, make } from './elements.mjs';

export const shownName = (name) => name.charAt(0).toLocaleUpperCase() + name.slice(1);

export function languageName(code) {
  if (!code) return 'Other voices';
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(code);
  } catch {
    return code;
  }
}

// The picture of a voice: five bars that depend on its name, and a hue different from its neighbours'.
function face(name, index) {
  let hash = 2166136261;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619) >>> 0;
  const element = make('span', { className: `face hue-${index % 8}`, 'aria-hidden': 'true' });
  for (let i = 0; i < 5; i += 1) element.append(make('i', { className: `bar-${(hash >>> (3 * i + 5)) % 5}` }));
  return element;
}

export class VoiceCards {
  #box;
  #voices = [];
  onchoose = () => {};
  onsample = () => {};

  constructor(box) {
    this.#box = box;
    box.addEventListener('change', () => this.onchoose(this.chosen));
  }

  get chosen() {
    const input = this.#box.querySelector('input[name="voice"]:checked');
    return this.#voices.find(({ name }) => name === input?.value);
  }

  // Selects the voice `wanted`, or else the first.
  show(voices, wanted) {
    this.#voices = voices;
    const chosen = voices.find(({ name }) => name === wanted) ?? voices[0];
    const languages = [...new Set(voices.map(({ language }) => language))];
    this.#box.replaceChildren(...languages.map((language) => {
      const those = voices.filter((voice) => voice.language === language);
      const cards = make('div', { className: 'cards' }, ...those.map((voice) => this.#card(voice, voice === chosen)));
      cards.lang = language;
      const group = make('fieldset', { className: 'language' },
        make('legend', { className: 'hidden-text' }, languageName(language)), cards);
      if (languages.length === 1) return group;
      return make('details', { open: language === chosen.language },
        make('summary', {}, languageName(language), make('span', { className: 'count' }, `${those.length}`)), group);
    }));
    this.onchoose(chosen);
  }

  choose(name) {
    const input = [...this.#box.querySelectorAll('input[name="voice"]')].find(({ value }) => value === name);
    if (!input) return false;
    input.checked = true;
    const details = input.closest('details');
    if (details) details.open = true;
    this.onchoose(this.chosen);
    return true;
  }

  // Sets the voice whose sample is playing, if any.
  markSample(name) {
    for (const card of this.#box.querySelectorAll('.voice')) card.classList.toggle('sounding', card.dataset.voice === name);
  }

  #card(voice, isChosen) {
    const shown = shownName(voice.name);
    const character = [voice.description, voice.gender].filter(Boolean).join(' · ');
    const input = make('input', { type: 'radio', name: 'voice', value: voice.name, checked: isChosen, className: 'hidden-text' });
    const label = make('label', {}, input, face(voice.name, this.#voices.indexOf(voice)),
      make('span', { className: 'who' }, make('span', { className: 'name' }, shown),
        make('span', { className: 'character', lang: 'en' }, character)));
    const sample = button('play', `Hear ${shown}`, { className: 'sample quiet' }, () => this.onsample(voice));
    const card = make('div', { className: 'voice' }, label, sample);
    card.dataset.voice = voice.name;
    return card;
  }
}
