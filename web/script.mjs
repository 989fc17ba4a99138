// The preview of the spoken words: one piece per line, from the server, each with the range of the text that
// it comes from. Also the user's pronunciations: "GIF = jif", one per line.
import { post } from './api.mjs';
import { make } from './elements.mjs';

const kept = 'orpheus.pronunciations';
const mostWords = 200; // most words of the server's lexicon on the page

// Lines without "=" are ignored.
export function pronunciationsOf(lines) {
  const words = {};
  for (const line of lines.split('\n')) {
    const sign = line.indexOf('=');
    const written = line.slice(0, sign).trim();
    if (sign > 0 && written) words[written] = line.slice(sign + 1).trim();
  }
  return words;
}

// Shows the words of the server's lexicon as buttons. A click calls speak with the written word.
export function showLexicon(box, list, entries, speak) {
  box.hidden = entries.length === 0;
  list.replaceChildren(...entries.slice(0, mostWords).map(({ written, spoken }) => make('li', {}, make('button',
    { type: 'button', className: 'quiet', title: `Hear “${written}”`, onclick: () => speak(written) }, `${written} → ${spoken}`))));
  const left = entries.length - mostWords;
  if (left > 0) list.append(make('li', { className: 'note' }, `and ${left} more`));
}

export class Script {
  #box;
  #list;
  #text;
  #words;

  // box contains list. text: the editor's element; words: the element of the pronunciations.
  constructor(box, list, text, words) {
    this.#box = box;
    this.#list = list;
    this.#text = text;
    this.#words = words;
    try {
      words.value = localStorage.getItem(kept) ?? '';
    } catch { /* not stored */ }
    words.addEventListener('change', () => {
      try {
        localStorage.setItem(kept, words.value);
      } catch { /* not stored: last as long as the page */ }
    });
    text.addEventListener('input', () => { this.#box.hidden = true; });
  }

  // The part of a request that describes its text.
  asked(format) {
    const pronunciations = pronunciationsOf(this.#words.value);
    return { input_format: format, ...(Object.keys(pronunciations).length > 0 && { pronunciations }) };
  }

  async show(request) {
    const { pieces } = await (await post('v1/audio/script', request)).json();
    this.#list.replaceChildren(...pieces.map((piece) => make('li', {}, make('button',
      { type: 'button', className: 'quiet piece', title: 'Show where it is written', onclick: () => this.#select(piece) },
      piece.text), make('span', { className: 'note' }, this.#remarks(piece, request.voice)))));
    this.#box.hidden = false;
    this.#box.scrollIntoView({ block: 'nearest' }); // it opens below the fields, perhaps out of sight
  }

  #remarks({ voice, pause_ms: pause, rate }, usual) {
    const remarks = [];
    if (voice !== usual) remarks.push(voice);
    if (rate !== 1) remarks.push(`${rate}×`);
    if (pause > 0) remarks.push(`then ${pause / 1000} s of silence`);
    return remarks.length > 0 ? ` ${remarks.join(', ')}` : '';
  }

  #select({ words }) {
    if (words.length === 0) return;
    this.#text.focus();
    this.#text.setSelectionRange(words[0].begin_utf16, words.at(-1).end_utf16);
  }
}
