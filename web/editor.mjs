// The text editor: the length of the text, the voice's tags, opened and dropped files, and the
// draft that the browser stores.
import { $, make } from './elements.mjs';
import { FileError, mostBytes, textOfFile } from './files.mjs';
import { firstTextOf, isFirstText } from './first-texts.mjs';
import { countCharacters, duration, estimateSeconds, mayBeCut, partsOf } from './text.mjs';

const draft = 'orpheus.draft';

export class Editor {
  #box = $('text');
  #most = Infinity; // largest number of characters of one request
  tooLong = false;
  onchange = () => {};
  onsay = () => {}; // called with a notice
  onrefuse = () => {}; // called with the reason why a file cannot be opened

  constructor() {
    this.#box.addEventListener('input', () => this.onchange());
    $('open-file').addEventListener('click', () => $('file').click());
    $('file').addEventListener('change', () => {
      this.#open($('file').files[0]);
      $('file').value = ''; // the same file may be opened again
    });
    this.#takeDrops();
  }

  get text() {
    return this.#box.value;
  }

  set text(text) {
    this.#box.value = text;
  }

  // The stored draft, or nothing.
  static draft() {
    try {
      return localStorage.getItem(draft);
    } catch {
      return null;
    }
  }

  set mostCharacters(most) {
    this.#most = most;
  }

  // Updates the counter below the editor. format: of the text; pace: of the voice.
  show({ speed, format, pace }) {
    const { text } = this;
    const count = countCharacters(text);
    this.tooLong = count > this.#most && !mayBeCut(text, format);
    const counted = `${count.toLocaleString('en')} ${count === 1 ? 'character' : 'characters'}`;
    const seconds = estimateSeconds(text.trim(), speed, pace);
    const parts = count > this.#most && !this.tooLong ? ` · in ${partsOf(text, this.#most).length} parts` : '';
    $('counter').textContent = this.tooLong ? `${counted}, ${(count - this.#most).toLocaleString('en')} too many for marked-up text` :
      seconds > 0 ? `${counted} · about ${duration(Math.max(1, seconds))}${parts}` : counted;
    $('counter').classList.toggle('bad', this.tooLong);
    try {
      localStorage.setItem(draft, text);
    } catch { /* not stored: lasts as long as the page */ }
  }

  // Shows the tags of this voice, and an example text in its language if the user has not written another text.
  follow(voice) {
    const tags = voice?.tags ?? [];
    $('tags').hidden = tags.length === 0;
    $('tags').lang = voice?.language ?? '';
    $('tags').replaceChildren(...tags.map((tag) => make('button',
      { type: 'button', className: 'tag', onclick: () => this.#insert(`<${tag}>`) }, tag)));
    if (voice && isFirstText(this.text)) {
      this.text = firstTextOf(voice);
      this.onchange();
    }
  }

  // Inserts a tag at the cursor, with missing blanks around it. The user can undo it.
  #insert(tag) {
    const box = this.#box;
    const before = box.value.slice(0, box.selectionStart);
    const after = box.value.slice(box.selectionEnd);
    const piece = `${before && !/\s$/.test(before) ? ' ' : ''}${tag}${/^\s/.test(after) ? '' : ' '}`;
    box.focus();
    if (!document.execCommand('insertText', false, piece)) box.setRangeText(piece, box.selectionStart, box.selectionEnd, 'end');
    this.onchange();
  }

  async #open(file) {
    if (!file) return;
    try {
      if (file.size > mostBytes) throw new FileError(`${file.name} is larger than ${mostBytes / 2 ** 20} MiB.`);
      const { text, format, note } = textOfFile(file.name, new Uint8Array(await file.arrayBuffer()));
      this.text = text;
      $('input-format').value = format;
      this.#box.scrollTop = 0;
      this.#box.dispatchEvent(new Event('input'));
      this.onsay(`${file.name} is open. ${note}`.trim());
    } catch (error) {
      this.onrefuse(error instanceof FileError ? error.message : `${file.name} cannot be read: ${error.message}`);
    }
  }

  // Files may be dropped anywhere on the page.
  #takeDrops() {
    const hasFile = ({ dataTransfer }) => dataTransfer?.types.includes('Files');
    const mark = (on) => document.body.classList.toggle('dropping', on);
    document.addEventListener('dragover', (event) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      mark(true);
    });
    document.addEventListener('dragleave', ({ relatedTarget }) => { if (!relatedTarget) mark(false); });
    document.addEventListener('drop', (event) => {
      mark(false);
      if (!hasFile(event)) return;
      event.preventDefault();
      this.#open(event.dataTransfer.files[0]);
    });
  }
}
