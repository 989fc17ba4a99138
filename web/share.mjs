// Writes and reads settings in the part of an address after '#', which browsers do not send. Pure.

const longestText = 2000; // characters; some programs truncate longer addresses

export function toHash({ text, voice, speed, temperature, seed, format }, usual) {
  const given = new URLSearchParams();
  if (voice) given.set('voice', voice);
  if (speed !== usual.speed) given.set('speed', speed);
  if (temperature !== undefined && temperature !== usual.temperature) given.set('temperature', temperature);
  if (seed !== '') given.set('seed', seed);
  if (format !== usual.format) given.set('format', format);
  if (text && text.length <= longestText) given.set('text', text);
  return `#${given}`;
}

const numberIn = (text, least, most) => {
  const number = Number(text);
  return text !== null && text !== '' && number >= least && number <= most ? number : undefined;
};

// Returns only the valid settings.
export function fromHash(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const found = {
    text: given.get('text') ?? undefined,
    voice: given.get('voice') ?? undefined,
    speed: numberIn(given.get('speed'), 0.25, 4),
    temperature: numberIn(given.get('temperature'), 0, 2),
    seed: /^\d{1,19}$/.test(given.get('seed') ?? '') ? given.get('seed') : undefined,
    format: given.get('format') ?? undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
