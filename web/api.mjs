// The page's requests to its server.
import { EventReader } from './events.mjs';

const keyName = 'orpheus.key';
const address = (path) => new URL(path, document.baseURI);

// A kept key is stored in this browser; any other key is forgotten when the tab is closed.
const store = (kind) => { try { return window[kind]; } catch { return null; } };
let memory = '';
export const key = {
  get: () => store('sessionStorage')?.getItem(keyName) || store('localStorage')?.getItem(keyName) || memory,
  isKept: () => Boolean(store('localStorage')?.getItem(keyName)),
  set(value, keep) {
    memory = value;
    try {
      localStorage.removeItem(keyName);
      sessionStorage.removeItem(keyName);
      if (value) (keep ? localStorage : sessionStorage).setItem(keyName, value);
    } catch { /* not stored: lasts as long as the page */ }
  },
};

// The address that the server prints in its terminal contains the user token after '#'. Browsers do not send this part.
// The page stores the token like a key and removes it from the address.
export function keepToken() {
  const token = new URLSearchParams(location.hash.replace(/^#/, '')).get('token');
  if (!token) return;
  key.set(token, true);
  window.history.replaceState(null, '', location.pathname + location.search);
}

// kind: key, busy, loading, refused, offline, broken.
export class ServerError extends Error {
  constructor(kind, message, { status = 0, retryAfter = 0 } = {}) {
    super(message);
    Object.assign(this, { kind, status, retryAfter });
  }
}

const unknownKey = () => (key.get() ? 'The server did not accept this key. Check it for a missing or extra character.' :
  'This server needs an API key. Ask the person who runs it for one.');
const noToken = 'The settings need the user token. Open the address that "orpheus serve" prints in its terminal, or enter the token from ' +
  'the file user-token in the server\'s data folder as the API key.';
const notAdmin = 'The settings need an admin key, unless the page is opened on the server\'s own machine.';

async function errorOf(response) {
  let error = {};
  try {
    error = (await response.json()).error ?? {};
  } catch { /* an error page of a proxy */ }
  const { status } = response;
  const kind = status === 401 || error.code === 'admin_only' ? 'key' : status === 429 ? 'busy' :
    error.code === 'model_loading' ? 'loading' : status >= 500 ? 'broken' : 'refused';
  const words = error.code === 'user_token_needed' ? noToken : error.code === 'admin_only' ? notAdmin :
    status === 401 ? unknownKey() : error.message;
  return new ServerError(kind, words ?? `The server answered ${status}.`,
    { status, retryAfter: Number(response.headers.get('Retry-After')) || 0 });
}

async function ask(path, options = {}) {
  const headers = { ...options.headers };
  if (key.get()) headers.Authorization = `Bearer ${key.get()}`;
  let response;
  try {
    response = await fetch(address(path), { cache: 'no-store', ...options, headers });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ServerError('offline', 'The server does not answer. Is it running?');
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

export const getJson = async (path) => (await ask(path)).json();
export const getText = async (path) => (await ask(path)).text();
export const post = (path, body, signal) => ask(path, {
  method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'Content-Type': 'application/json' }, signal,
});

// A seed can have more digits than a JavaScript number can represent.
const withSeed = ({ seed, ...request }) => {
  const body = JSON.stringify({ model: 'orpheus', ...request });
  return /^\d+$/.test(seed ?? '') ? `{"seed":${seed.replace(/^0+(?=\d)/, '')},${body.slice(1)}` : body;
};

// Requests a speech. Calls began(headers) once, then on(event) for each event. Returns when the speech is complete; throws on an error.
// Aborting the signal also cancels the request on the server.
export async function speak(request, signal, { began, on }) {
  const response = await post('v1/audio/speech',
    withSeed({ ...request, response_format: 'pcm', stream_format: 'sse', progress: true, words: true }), signal);
  began(response.headers);
  const events = new EventReader();
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let whole = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      for (const event of events.push(decoder.decode(value, { stream: true }))) {
        if (event.type === 'error') throw new ServerError('broken', event.error?.message ?? 'The server failed.');
        whole ||= event.type === 'speech.audio.done';
        on(event);
      }
    }
  } catch (error) {
    if (error.name === 'AbortError' || error instanceof ServerError) throw error;
    throw new ServerError('offline', 'The connection was lost during the speech.');
  }
  if (!whole) throw new ServerError('broken', 'The server ended the speech early.');
}
