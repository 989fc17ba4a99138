// Facts about a text: its number of characters, its estimated duration, and its parts, each small enough for one
// request. Pure functions.

const tag = /<[\p{L} ]{1,24}>/gu;
const syllable = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/gu;
const secondsPerTag = 1;
const secondsPerSyllable = 0.2; // for scripts that write syllables or words
const secondsPerLetter = 1 / 15;

export const countCharacters = (text) => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

// Seconds at this speed; 0 for an empty text. pace: the voice's time relative to a fast reader.
export function estimateSeconds(text, speed = 1, pace = 1) {
  const words = text.replace(tag, '').replace(/\s+/g, ' ').trim();
  const numTags = text.match(tag)?.length ?? 0;
  const numSyllables = words.match(syllable)?.length ?? 0;
  const seconds = numTags * secondsPerTag + numSyllables * secondsPerSyllable + (countCharacters(words) - numSyllables) * secondsPerLetter;
  return (seconds * pace) / speed;
}

// "0:07", "12:30", "1:02:03"
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  if (hours > 0) parts.unshift(hours);
  return parts.map((part, i) => (i === 0 ? `${part}` : `${part}`.padStart(2, '0'))).join(':');
}

// "7 s", "2 min 30 s", "10 min", "1 h 5 min"
export function duration(seconds) {
  const whole = Math.round(seconds < 300 ? seconds : Math.round(seconds / 60) * 60);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ''}`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
}

// Whether a text may be split between paragraphs; markup within one pair of tags may not.
export const mayBeCut = (text, format) => format === 'plain' || format === 'markdown' || (format === 'auto' && !/^\s*<[\p{L}!?][^]*>\s*$/u.test(text));

// Where a part may end, best first, and which share of the limit the part must then have.
const ends = [[/\n\s*\n/g, 0.5], [/\n/g, 0.5], [/[.!?…]["'”’»)\]]*\s+|[。！？]/gu, 0.1], [/\s+/g, 0]];

function endBefore(text, begin, limit) {
  const room = text.slice(begin, limit);
  for (const [end, least] of ends) {
    let last = 0;
    for (const found of room.matchAll(end)) last = found.index + found[0].length;
    if (last > room.length * least) return begin + last;
  }
  return limit;
}

// Splits the text into parts of at most this many characters, each with its start in the text (UTF-16). Parts without a letter
// or digit are skipped, unless the whole text has none.
export function partsOf(text, most) {
  const parts = [];
  for (let begin = 0; begin < text.length;) {
    let limit = begin;
    for (let count = 0; count < most && limit < text.length; count += 1) limit += text.codePointAt(limit) > 0xffff ? 2 : 1;
    const end = limit === text.length ? limit : endBefore(text, begin, limit);
    parts.push({ begin, text: text.slice(begin, end) });
    begin = end;
  }
  const spoken = parts.filter((part) => /[\p{L}\p{N}]/u.test(part.text));
  return spoken.length > 0 ? spoken : [{ begin: 0, text }];
}
