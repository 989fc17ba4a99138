// The text as it is spoken: its pieces as the server names them, sentence by sentence, the one that is heard marked.
import { estimateSeconds, sentences } from './text.mjs';
import { sentenceAt } from './speech.mjs';

export class Transcript {
  #box;
  #count;
  #passages;
  #speech = null;
  #spans = []; // of each piece, its sentences' elements
  #marked = null;

  constructor(box, count, passages) {
    this.#box = box;
    this.#count = count;
    this.#passages = passages;
  }

  show(speech, position) {
    if (speech !== this.#speech) {
      this.#speech = speech;
      this.#spans = [];
      this.#marked = null;
      this.#passages.replaceChildren();
      this.#passages.lang = speech.language ?? '';
    }
    this.#box.hidden = speech.pieces.length === 0;
    while (this.#spans.length < speech.pieces.length) this.#add(speech.pieces[this.#spans.length].text);
    const coming = speech.numPieces - speech.pieces.length;
    const at = sentenceAt(position, speech.pieces, (piece) => this.#spans[piece].map((span) => span.textContent),
      speech.ended ? speech.seconds : null, (text) => estimateSeconds(text, speech.settings.speed));
    this.#count.textContent = speech.numPieces === 1 ? '' :
      `Passage ${(at?.piece ?? 0) + 1} of ${speech.numPieces}${coming > 0 ? `, ${coming} to come` : ''}`;
    this.#mark(at ? this.#spans[at.piece][at.sentence] : null);
  }

  #add(text) {
    const spans = sentences(text, this.#speech.language).map((sentence) => {
      const span = document.createElement('span');
      span.textContent = sentence;
      return span;
    });
    if (this.#spans.length > 0) this.#passages.append(' ');
    this.#passages.append(...spans);
    this.#spans.push(spans);
  }

  #mark(span) {
    if (span === this.#marked) return;
    this.#marked?.removeAttribute('aria-current');
    this.#marked = span;
    if (!span) return;
    span.setAttribute('aria-current', 'true');
    const box = this.#passages; // scrolled alone, so that the page stays where its reader is
    const above = span.offsetTop - box.offsetTop;
    if (above < box.scrollTop || above + span.offsetHeight > box.scrollTop + box.clientHeight) {
      box.scrollTop = above - box.clientHeight / 3;
    }
  }
}
