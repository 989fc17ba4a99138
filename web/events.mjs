// Parsers for streamed response bodies. Pure.

// Parses server-sent events. push() takes the next part of the text, split anywhere, and returns the events that
// are complete, as parsed JSON.
export class EventReader {
  #rest = '';

  push(text) {
    const blocks = (this.#rest + text).split(/\r?\n\r?\n/);
    this.#rest = blocks.pop();
    const events = [];
    for (const block of blocks) {
      const data = block.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart());
      if (data.length > 0) events.push(JSON.parse(data.join('\n')));
    }
    return events;
  }
}

export function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// Base64 of signed 16-bit little-endian samples.
export function samplesOf(base64) {
  const bytes = bytesOf(base64);
  const samples = new Int16Array(bytes.length >> 1);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < samples.length; i += 1) samples[i] = view.getInt16(2 * i, true);
  return samples;
}

// The 44-byte header of a WAV file with this many samples.
export function wavHeader(numSamples, rate) {
  const view = new DataView(new ArrayBuffer(44));
  const word = (at, text) => [...text].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  word(0, 'RIFF');
  view.setUint32(4, 36 + 2 * numSamples, true);
  word(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // integers
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, 'data');
  view.setUint32(40, 2 * numSamples, true);
  return view.buffer;
}
