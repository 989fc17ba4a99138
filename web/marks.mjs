// Shows the text of a speech and marks the current sentence and word. The server sends their positions.

export class Marks {
  #box;
  #speech = null;
  #rest = null; // the text node after the last sentence
  #at = 0; // its start, in UTF-16 units
  #spans = []; // for each piece: the elements of its sentences
  #marked = null;
  #word = null;
  #showsAll;
  onmark = () => {}; // called with the marked element

  // showsAll: also show text that was not spoken yet. Marks behind the editor do not need it, because the editor shows the text.
  constructor(box, { showsAll }) {
    this.#box = box;
    this.#showsAll = showsAll;
  }

  // at: { piece, sentence } from sentenceAt().
  show(speech, at) {
    if (speech !== this.#speech) {
      this.#speech = speech;
      this.#spans = [];
      this.#marked = null;
      this.#at = 0;
      this.#rest = document.createTextNode(this.#showsAll ? speech.text : '');
      this.#box.replaceChildren(this.#rest);
      this.#box.lang = speech.language ?? '';
    }
    while (this.#spans.length < speech.pieces.length) {
      this.#spans.push(speech.pieces[this.#spans.length].sentences.map((sentence) => this.#cut(sentence)));
    }
    const span = at ? this.#spans[at.piece][at.sentence] : null;
    this.#mark(span);
    if (at?.word !== this.#word) this.#markWord(span, at?.word);
  }

  // Marks a word without changing the document, where the browser can.
  #markWord(span, word) {
    this.#word = word;
    if (!globalThis.Highlight) return;
    CSS.highlights.delete('word');
    const letters = span?.firstChild;
    if (!word || !letters) return;
    const place = (offset) => Math.min(Math.max(0, offset - span.begin), letters.length);
    const range = new Range();
    range.setStart(letters, place(word.from));
    range.setEnd(letters, place(word.to));
    CSS.highlights.set('word', new Highlight(range));
  }

  // The place in the text at a point of the window; nothing elsewhere.
  placeAt(x, y) {
    const found = document.caretPositionFromPoint?.(x, y);
    const { startContainer, startOffset } = found ? {} : document.caretRangeFromPoint?.(x, y) ?? {};
    const node = found?.offsetNode ?? startContainer;
    if (!node || !this.#box.contains(node)) return null;
    const before = new Range();
    before.setStart(this.#box, 0);
    before.setEnd(node, found?.offset ?? startOffset);
    return before.toString().length;
  }

  // Returns the element of a range of the text; an empty element if the range is before the text that is already divided.
  #cut({ begin, end }) {
    const { text } = this.#speech;
    const from = Math.max(begin, this.#at);
    const span = document.createElement('span');
    if (end <= from) return span;
    span.textContent = text.slice(from, end);
    span.begin = from;
    this.#rest.before(text.slice(this.#at, from), span);
    if (this.#showsAll) this.#rest.data = text.slice(end);
    this.#at = end;
    return span;
  }

  #mark(span) {
    if (span === this.#marked) return;
    this.#marked?.removeAttribute('aria-current');
    this.#marked = span;
    if (!span) return;
    span.setAttribute('aria-current', 'true');
    if (span.isConnected) this.onmark(span);
  }
}

// Scrolls only the box, not the page, so that the marked element is visible. top, height: position and size of the
// marked element, within the box's content.
export function follow(box, top, height) {
  if (top < box.scrollTop || top + height > box.scrollTop + box.clientHeight) {
    box.scrollTop = Math.max(0, top - box.clientHeight / 3);
  }
}
