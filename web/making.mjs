// Requests a speech from the server. A text above the limit of one request needs several requests, one after the other;
// together they form one speech.
import { ServerError, speak } from './api.mjs';
import { bytesOf, samplesOf } from './events.mjs';
import { partsOf } from './text.mjs';

const mostAheadSeconds = 600; // most sound ahead of the listener before the next part is requested (sound needs memory)
const joinable = ['mp3', 'aac', 'opus']; // files of these formats can be concatenated

const soon = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    reject(signal.reason);
  }, { once: true });
});

// Whether the server can send a file of this format with the samples of this speech.
export const canHaveFile = (format, numParts) => format !== 'wav' && format !== 'pcm' && (numParts === 1 || joinable.includes(format));

const sentencesOf = (event, shift) => (event.sentences ?? []).map(({ begin_utf16: begin, end_utf16: end }) =>
  ({ begin: begin + shift, end: end + shift }));

// start, end: seconds of the speech; from, to: the written word.
const wordsOf = (event, start, shift) => event.words.map((word) => ({
  start: start + word.start, end: start + word.end, from: word.begin_utf16 + shift, to: word.end_of_utf16 + shift,
}));

// Adds sound to the speech until it is complete. what: voice, text, asked, settings; most: characters of one request. format: of the
// file that the server also sends. heard() returns the listener's position in seconds; take(samples) gets each chunk.
// Throws what speak() throws.
export async function makeSpeech(speech, { most, format, signal, heard, take }) {
  const { voice, text, asked, settings: { speed, temperature, seed } } = speech;
  const parts = partsOf(text, most);
  const file = canHaveFile(format, parts.length) ? { file_format: format } : {};
  speech.file = file.file_format ? { format, chunks: [] } : null;
  for (const [number, part] of parts.entries()) {
    while (speech.seconds - heard() > mostAheadSeconds) await soon(500, signal);
    const start = speech.seconds;
    const before = speech.pieces.length;
    speech.hasMore = number + 1 < parts.length;
    const request = { voice, input: part.text, speed, temperature, seed: speech.seed ?? seed, ...file, ...asked };
    const hear = {
      began(headers) {
        speech.seed = headers.get('X-Seed');
        speech.model = headers.get('X-Model');
        speech.rate = Number(headers.get('X-Sample-Rate')) || speech.rate;
      },
      on(event) {
        if (event.type === 'orpheus.speech.piece') {
          speech.pieces.push({ start: start + event.start_seconds, letters: event.text.length, sentences: sentencesOf(event, part.begin), words: [] });
          speech.numPieces = before + event.count;
        } else if (event.type === 'orpheus.speech.words') {
          speech.pieces[before + event.index].words.push(...wordsOf(event, start, part.begin));
        } else if (event.type === 'orpheus.speech.file') {
          speech.appendFile(bytesOf(event.audio));
        } else if (event.type === 'speech.audio.delta') {
          take(samplesOf(event.audio));
        }
      },
    };
    await speakInTurn(request, signal, hear, number > 0);
  }
}

// If the server is busy, a further part is tried again later, so that the speech continues.
async function speakInTurn(request, signal, hear, waits) {
  for (;;) {
    try {
      return await speak(request, signal, hear);
    } catch (error) {
      if (!waits || !(error instanceof ServerError) || error.kind !== 'busy') throw error;
      await soon(1000 * Math.max(1, error.retryAfter), signal);
    }
  }
}
