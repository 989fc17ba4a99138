// A speech's text as it was written, with the sentence marked that is heard. The server says where sentences stand.

export class Marks {
  #box;
  #speech = null;
  #rest = null; // the text node behind the last sentence
  #at = 0; // where it begins, in UTF-16 units
  #spans = []; // of each piece, its sentences' elements
  #marked = null;
  #showsAll;
  onmark = () => {}; // with the marked element

  // showsAll: what is not spoken yet stands there too; a box that lies behind the same text in another needs it not.
  constructor(box, { showsAll }) {
    this.#box = box;
    this.#showsAll = showsAll;
  }

  // at: { piece, sentence } as sentenceAt says.
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
    this.#mark(at ? this.#spans[at.piece][at.sentence] : null);
  }

  // The element of a stretch of the text; an empty one where the stretch lies before what was cut already.
  #cut({ begin, end }) {
    const { text } = this.#speech;
    const from = Math.max(begin, this.#at);
    const span = document.createElement('span');
    if (end <= from) return span;
    span.textContent = text.slice(from, end);
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

// Scrolls a box alone, so that what is marked in it is seen and the page stays where its reader is. top and height of the
// marked element, within the box's content.
export function follow(box, top, height) {
  if (top < box.scrollTop || top + height > box.scrollTop + box.clientHeight) {
    box.scrollTop = Math.max(0, top - box.clientHeight / 3);
  }
}
