// What can be said of a text before it is spoken: its letters, about how long it takes, the sounds that its language's
// voices make, its sentences. Pure functions.

const english = ['laugh', 'chuckle', 'sigh', 'cough', 'sniffle', 'groan', 'yawn', 'gasp'];
const soundsOf = {
  fr: [...english, 'whimper'],
  es: [...english, 'resoplido'],
  it: [...english, 'gemito'],
  ko: ['한숨', '헐', '헛기침', '훌쩍', '하품', '낄낄', '신음', '작은 웃음', '기침', '으르렁'],
  zh: ['嬉笑', '轻笑', '呻吟', '大笑', '咳嗽', '抽鼻子', '咳'],
};

export const tagsOf = (language) => soundsOf[language] ?? english;

const tag = /<[\p{L} ]{1,24}>/gu;
const secondsPerTag = 1;
const secondsPerSyllable = 0.2; // of a script that writes syllables or words
const secondsPerLetter = 1 / 15;

export const countCharacters = (text) => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

// Seconds that an even reader needs at this speed; 0 for an empty text.
export function estimateSeconds(text, speed = 1) {
  let seconds = (text.match(tag)?.length ?? 0) * secondsPerTag;
  for (const letter of text.replace(tag, '').replace(/\s+/g, ' ').trim()) {
    seconds += /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(letter) ?
      secondsPerSyllable : secondsPerLetter;
  }
  return seconds / speed;
}

// "0:07", "12:30", "1:02:03"
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  if (hours > 0) parts.unshift(hours);
  return parts.map((part, i) => (i === 0 ? `${part}` : `${part}`.padStart(2, '0'))).join(':');
}

// "7 s", "2 min 30 s", "1 h 5 min"
export function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ''}`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
}

// A text in sentences; joined they are the text. A tag may begin one: Unicode's rules, which see a small letter there,
// are shown a capital.
export function sentences(text, language) {
  if (typeof Intl.Segmenter !== 'function') return text ? text.match(/[^.!?…。！？]*[.!?…。！？]*\s*/gu).filter(Boolean) : [];
  const segmenter = new Intl.Segmenter(language || undefined, { granularity: 'sentence' });
  const shown = text.replace(tag, (found) => 'X'.repeat(found.length));
  return Array.from(segmenter.segment(shown), ({ index, segment }) => text.slice(index, index + segment.length));
}
