// The page put together: what is written, what speaks, what is heard, what is kept.
import { ServerError, getJson, speak, speakWhole } from './api.mjs';
import { $, iconAddress, make } from './elements.mjs';
import { samplesOf, wavHeader } from './events.mjs';
import { History } from './history.mjs';
import { HistoryList } from './history-list.mjs';
import { Player } from './player.mjs';
import { Script } from './script.mjs';
import { SettingsDialog } from './settings.mjs';
import { fromHash, toHash } from './share.mjs';
import { Speech } from './speech.mjs';
import { Status } from './status.mjs';
import { clock, countCharacters, duration, estimateSeconds, tagsOf } from './text.mjs';
import { Transcript } from './transcript.mjs';
import { VoiceCards, greetingOf, shownName } from './voices.mjs';
import { Waveform } from './waveform.mjs';

const firstText = 'Hello there. <chuckle> I was made on this machine, word by word, while you listen.';
const usualRate = 24000;
const usual = { speed: 1, temperature: 0.6, format: 'wav' };

const player = new Player();
const status = new Status();
const settings = new SettingsDialog();
const cards = new VoiceCards($('voices'));
const waveform = new Waveform($('wave'), $('wave-canvas'));
const transcript = new Transcript($('transcript'), $('transcript-count'), $('passages'));
const script = new Script($('script'), $('script-pieces'), $('text'), $('pronunciations'));
const history = await new History().open();
const list = new HistoryList(history);

let wanted = fromHash(location.hash); // what a link asks for, until it could be shown
let mostCharacters = Infinity;
let making = null; // { speech, abort, sample } while the server speaks
let shown = null; // the speech in the player
let again = null; // what to do when "try again" is pressed
let sampled = null; // { name, speech } whose sample is heard
const samples = new Map(); // of voices, heard before

// ---- What is written

// Untouched, it is left to the server: the voice that speaks may have one of its own.
const temperatureWanted = () => ('orpheusTouched' in $('temperature').dataset ? Number($('temperature').value) : undefined);

const settingsNow = () => ({
  text: $('text').value,
  voice: cards.chosen?.name,
  speed: Number($('speed').value),
  temperature: temperatureWanted(),
  seed: $('seed').value.trim(),
  format: $('format').value,
});

function fill(given) {
  if (given.text !== undefined) $('text').value = given.text;
  if (given.voice !== undefined) cards.choose(given.voice);
  for (const name of ['speed', 'temperature', 'seed']) if (given[name] !== undefined) $(name).value = given[name];
  if (given.temperature !== undefined) $('temperature').dataset.orpheusTouched = '';
  if (given.format && [...$('format').options].some(({ value }) => value === given.format)) $('format').value = given.format;
  if (given.speed !== undefined || given.temperature !== undefined || given.seed) $('more').open = true;
  showWritten();
}

function showWritten() {
  const text = $('text').value;
  const count = countCharacters(text);
  const seconds = estimateSeconds(text.trim(), Number($('speed').value));
  const tooLong = count > mostCharacters;
  const counted = `${count.toLocaleString('en')} ${count === 1 ? 'character' : 'characters'}`;
  $('counter').textContent = tooLong ? `${counted}, ${(count - mostCharacters).toLocaleString('en')} too many` :
    seconds > 0 ? `${counted} · about ${duration(Math.max(1, seconds))}` : counted;
  $('counter').classList.toggle('bad', tooLong);
  $('speed-shown').textContent = `${Number($('speed').value)}×`;
  $('temperature-shown').textContent = $('temperature').value;
  $('speak').disabled = !text.trim() || tooLong;
  try {
    localStorage.setItem('orpheus.draft', text);
  } catch { /* the draft lasts as long as the page */ }
}

function showTags({ language }) {
  $('tags').lang = language;
  $('tags').replaceChildren(...tagsOf(language).map((tag) => make('button',
    { type: 'button', className: 'tag', onclick: () => insert(`<${tag}>`) }, tag)));
}

// At the caret, with blanks around it where they are missing; it can be undone like typing.
function insert(tag) {
  const box = $('text');
  const before = box.value.slice(0, box.selectionStart);
  const after = box.value.slice(box.selectionEnd);
  const piece = `${before && !/\s$/.test(before) ? ' ' : ''}${tag}${/^\s/.test(after) ? '' : ' '}`;
  box.focus();
  if (!document.execCommand('insertText', false, piece)) box.setRangeText(piece, box.selectionStart, box.selectionEnd, 'end');
  showWritten();
}

// ---- Speaking

async function begin(what, { sample = false } = {}) {
  stop();
  hideAlert();
  const abort = new AbortController();
  const mine = { abort, sample, speech: null };
  making = mine;
  const pressed = performance.now();
  const speech = new Speech({ ...what, rate: usualRate, started: pressed, expected: estimateSeconds(what.text, what.settings.speed) });
  mine.speech = speech;
  try {
    const unlocked = player.unlock(usualRate);
    if (!sample) showSpeech(speech);
    showAll();
    await unlocked;
    const { voice, text, settings: { speed, temperature, seed } } = what;
    await speak({ voice, input: text, speed, temperature, seed, ...what.asked }, abort.signal, {
      began(headers) {
        speech.seed = headers.get('X-Seed');
        speech.model = headers.get('X-Model');
        speech.rate = Number(headers.get('X-Sample-Rate')) || usualRate;
      },
      on(event) {
        if (event.type === 'orpheus.speech.piece') {
          speech.pieces.push({ text: event.text, start: event.start_seconds });
          speech.numPieces = event.count;
        } else if (event.type === 'speech.audio.delta') {
          take(speech, samplesOf(event.audio), abort.signal);
        }
      },
    });
    finish(speech, true);
    if (sample) samples.set(what.voice, speech);
    else await keep(speech);
  } catch (error) {
    finish(speech, false);
    if (speech.length > 0 && !sample) await keep(speech);
    if (error.name !== 'AbortError') {
      showError(error, () => begin(what, { sample }));
      if (!sample && speech.length === 0 && shown === speech) showSpeech(null);
    } else if (!sample && speech.length === 0 && shown === speech) {
      showSpeech(null);
    }
    if (sample && sampled?.name === what.voice) sampled = null; // another voice's may be wanted by now
  } finally {
    if (making === mine) making = null;
    showAll();
    status.look();
  }
}

// The first sound also starts the player: nothing is there to play before it.
async function take(speech, samples, signal) {
  const first = speech.length === 0;
  speech.append(samples);
  if (first) {
    await player.unlock(speech.rate);
    if (signal.aborted || (making && making.speech !== speech)) return; // stopped, or another was begun meanwhile
    player.load(speech);
    status.look();
  } else if (player.plays(speech)) {
    player.feed();
  }
  requestDraw();
}

function finish(speech, whole) {
  speech.end(whole);
  speech.made = (performance.now() - speech.started) / 1000;
  if (player.plays(speech)) player.feed();
}

const speakWritten = () => {
  const given = settingsNow();
  if (!given.text.trim() || $('speak').disabled) return;
  if (!$('seed').checkValidity()) {
    $('more').open = true;
    $('seed').reportValidity();
    return;
  }
  if (!cards.chosen) {
    const offline = $('status').dataset.state === 'offline';
    showError(offline ? new ServerError('offline', 'The server does not answer. Is it running?') :
      new ServerError('loading', 'Press again once the voices are here.'), speakWritten);
    return;
  }
  begin({
    text: given.text, voice: given.voice, language: cards.chosen.language, settings: given,
    asked: script.asked($('input-format').value),
  });
};

async function showScript() {
  const { text, voice } = settingsNow();
  if (!text.trim()) return;
  hideAlert();
  try {
    await script.show({ input: text, voice, ...script.asked($('input-format').value) });
  } catch (error) {
    showError(error, showScript);
  }
}

function stop() {
  making?.abort.abort();
  player.pause();
}

function hearSample(voice) {
  if (sampled?.name === voice.name && player.playing) return stop();
  const known = samples.get(voice.name);
  sampled = { name: voice.name };
  if (known) return replay(known);
  return begin({
    text: greetingOf(voice), voice: voice.name, language: voice.language,
    settings: { speed: 1, temperature: temperatureWanted(), seed: '' },
  }, { sample: true });
}

async function replay(speech) {
  making?.abort.abort();
  await player.unlock(speech.rate);
  player.load(speech);
  showAll();
}

// ---- What is kept

async function keep(speech) {
  const { text, voice, language, asked, settings: used, seed, rate, seconds, model, whole, pieces, first, made } = speech;
  await list.add({ text, voice, language, asked, settings: used, seed, rate, seconds, model, whole, pieces, first, made, when: Date.now() },
    speech.samples());
}

list.onplay = async (entry) => {
  const sound = await history.sound(entry.id);
  if (!sound) return say('Its sound is no longer here.');
  const { seconds, whole, ...what } = entry; // both follow from the sound
  const speech = new Speech({ ...what, numPieces: entry.pieces.length || 1 });
  for (let at = 0; at < sound.length; at += 1 << 16) speech.append(sound.subarray(at, at + (1 << 16)));
  speech.end(whole);
  sampled = null;
  showSpeech(speech);
  replay(speech);
  $('player').scrollIntoView({ block: 'nearest' });
};
list.onreuse = ({ text, voice, settings: used, seed }) => {
  fill({ ...used, text, voice, seed });
  $('text').focus();
};
list.onsay = say;

// ---- Downloading: WAV of what is here; the other formats are spoken again by the server, with the same seed.

async function download() {
  const speech = shown;
  if (!speech || speech.length === 0) return;
  const format = $('format').value;
  const name = `orpheus-${speech.voice}-${speech.seed ?? 'speech'}.${format}`;
  if (format === 'wav') return save(new Blob([wavHeader(speech.length, speech.rate), speech.samples()], { type: 'audio/wav' }), name);
  $('download').disabled = true;
  $('download-label').textContent = 'Encoding…';
  try {
    const { voice, text, seed, settings: { speed, temperature } } = speech;
    save(await speakWhole({ voice, input: text, speed, temperature, seed, response_format: format, ...speech.asked }), name);
  } catch (error) {
    showError(error, download);
  } finally {
    $('download').disabled = false;
    showAll();
  }
}

function save(blob, name) {
  const link = make('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function share() {
  const address = new URL(location.href);
  address.hash = toHash(settingsNow(), usual);
  window.history.replaceState(null, '', address);
  try {
    await navigator.clipboard.writeText(address.href);
    say('The link is copied.');
  } catch {
    say('The link is in the address bar.');
  }
}

// ---- What is shown

function say(text) {
  $('said').textContent = text;
  const toast = make('p', { className: 'toast', 'aria-hidden': 'true' }, text);
  document.body.append(toast);
  setTimeout(() => toast.remove(), 2600);
}

function showSpeech(speech) {
  shown = speech;
  $('player').hidden = !speech;
  if (!speech) return;
  $('player-title').textContent = shownName(speech.voice);
  waveform.show(speech, 0);
  requestDraw();
}

let drawing = 0;
function requestDraw() {
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    showAll();
  });
}

function stateText(speech, here) {
  const beingMade = making?.speech === speech;
  if (beingMade && speech.length === 0) return 'Thinking…';
  if (here && player.state === 'waiting' && player.playing) return beingMade ? 'Catching up…' : 'Playing';
  if (here && player.playing) return beingMade ? 'Speaking' : 'Playing';
  if (beingMade) return 'Paused, still being made';
  if (!speech.whole) return 'Stopped early';
  return here && player.state === 'paused' ? 'Paused' : 'Ready to play';
}

function showAll() {
  const speech = shown;
  $('speak-label').textContent = 'Speak';
  document.body.classList.toggle('making', Boolean(making));
  const sounding = sampled && (player.playing || making?.sample) && !(shown && player.plays(shown));
  cards.markSample(sounding ? sampled.name : null);
  if (!speech) return;
  const here = player.plays(speech);
  const position = here ? player.position / speech.rate : 0;
  const beingMade = making?.speech === speech;

  const node = $('player');
  node.dataset.state = stateText(speech, here);
  node.dataset.making = beingMade;
  if ($('player-state').textContent !== node.dataset.state) $('player-state').textContent = node.dataset.state;
  waveform.show(speech, position);
  transcript.show(speech, position);
  $('time-now').textContent = clock(position);
  $('time-all').textContent = ` / ${clock(speech.seconds)}${speech.ended ? '' : '…'}`;

  const playing = here && player.playing;
  const label = playing ? 'Pause' : 'Play';
  if ($('pause-label').textContent !== label) {
    $('pause-label').textContent = label;
    $('pause-icon').setAttribute('href', iconAddress(playing ? 'pause' : 'play')); // set again, it would be drawn anew
  }
  $('pause').disabled = speech.length === 0;
  $('stop').disabled = !beingMade && !playing;
  $('download').disabled ||= speech.length === 0;
  if ($('download-label').textContent !== 'Encoding…' || !$('download').disabled) {
    $('download').disabled = speech.length === 0;
    $('download-label').textContent = $('format').value.toUpperCase();
  }
  $('fact-first').textContent = speech.first === undefined ? '–' : `${speech.first.toFixed(2)} s`;
  const spent = speech.made ?? (performance.now() - (speech.started ?? 0)) / 1000;
  $('fact-factor').textContent = speech.length > 0 && spent > 0 ? `${(speech.seconds / spent).toFixed(1)}×` : '–';
  $('fact-seed').textContent = speech.seed ?? '–';
  if (beingMade || playing) requestDraw();
}

const titles = {
  key: 'A key is needed', busy: 'Busy', loading: 'The voice is being loaded', refused: 'That cannot be spoken',
  offline: 'No connection', broken: 'The server failed',
};

function showError(error, retry) {
  if (!(error instanceof ServerError)) {
    console.error(error);
    error = new ServerError('broken', `This page failed: ${error.message}`);
  }
  again = retry;
  const wait = error.retryAfter > 0 ? ` Try again in ${error.retryAfter} s.` : '';
  const act = error.kind === 'key' ?
    make('button', { type: 'button', onclick: () => settings.open({ forKey: true }) }, 'Enter a key') :
    error.kind === 'refused' ? '' : make('button', { type: 'button', onclick: retry }, 'Try again');
  $('alert').dataset.kind = error.kind;
  $('alert').replaceChildren(make('div', {}, make('strong', {}, titles[error.kind]), make('p', {}, error.message + wait)), act,
    make('button', { type: 'button', className: 'quiet', onclick: hideAlert }, 'Dismiss'));
  $('alert').hidden = false;
}

function hideAlert() {
  again = null;
  $('alert').hidden = true;
}

// ---- Events

$('speak').addEventListener('click', speakWritten);
$('stop').addEventListener('click', stop);
$('pause').addEventListener('click', () => {
  if (!shown) return;
  if (!player.plays(shown)) replay(shown);
  else if (player.playing) player.pause();
  else player.resume();
});
$('download').addEventListener('click', download);
$('share').addEventListener('click', share);
$('show-script').addEventListener('click', showScript);
for (const name of ['text', 'speed', 'temperature', 'seed']) $(name).addEventListener('input', showWritten);
$('format').addEventListener('change', showAll);
document.addEventListener('keydown', (event) => {
  if ($('settings').open || event.isComposing || event.repeat) return;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    speakWritten();
  } else if (event.key === 'Escape' && (making || player.playing)) {
    event.preventDefault();
    stop();
  }
});
addEventListener('unhandledrejection', ({ reason }) => showError(reason, hideAlert));
addEventListener('hashchange', () => fill(fromHash(location.hash)));
player.onchange = () => {
  if (shown?.started !== undefined && shown.first === undefined && player.plays(shown) && player.position > 0) {
    shown.first = (performance.now() - shown.started) / 1000; // also in a tab that is not drawn
  }
  requestDraw();
};
waveform.onseek = async (seconds) => {
  const speech = shown;
  if (!speech || speech.length === 0) return;
  if (!player.plays(speech)) { // a sample was heard since
    if (making?.speech === speech) return; // about to begin
    await replay(speech);
  }
  if (player.plays(speech)) player.seek(seconds * speech.rate);
};
cards.onchoose = showTags;
cards.onsample = hearSample;
settings.onkey = () => {
  const retry = again;
  hideAlert();
  status.forget();
  retry?.();
};
settings.onrestart = () => status.forget();

status.onfacts = (facts) => {
  mostCharacters = facts.max_input_characters;
  usual.temperature = Number(facts.temperature.toFixed(2));
  if (temperatureWanted() === undefined) $('temperature').value = usual.temperature;
  $('speed').disabled = !facts.can_change_speed;
  const format = $('format').value;
  const known = ['wav', ...facts.formats.filter((name) => name !== 'wav' && name !== 'pcm'), 'pcm'];
  $('format').replaceChildren(...known.map((name) => make('option', { value: name }, name.toUpperCase())));
  $('format').value = known.includes(format) ? format : 'wav';
  settings.offer(facts.settings);
  $('about').textContent = `orpheus ${facts.version}`;
  $('babble').hidden = !facts.model.startsWith('orpheus-synthetic');
};
status.onready = async () => {
  const { voices } = await getJson('v1/audio/voices');
  cards.show(voices, wanted.voice ?? cards.chosen?.name);
  const { text, ...others } = wanted; // the text stands there since the page was opened, and may have been changed
  fill(others);
  wanted = {};
  if ($('alert').dataset.kind === 'loading') hideAlert();
};
$('temperature').addEventListener('input', () => { $('temperature').dataset.orpheusTouched = ''; });

let draft = null;
try {
  draft = localStorage.getItem('orpheus.draft');
} catch { /* none is kept */ }
$('text').value = wanted.text ?? draft ?? firstText;
showTags({ language: 'en' });
showWritten();
await list.show();
await status.look();
