// Connects the parts of the page: the editor, the voices, the player and the history.
import { Advice } from './advice.mjs';
import { ServerError, getJson, keepToken } from './api.mjs';
import { Dock } from './dock.mjs';
import { Editor } from './editor.mjs';
import { $, make, showIcon } from './elements.mjs';
import { wavHeader } from './events.mjs';
import { firstTextOf, greetingOf } from './first-texts.mjs';
import { History } from './history.mjs';
import { HistoryList } from './history-list.mjs';
import { makeSpeech } from './making.mjs';
import { Marks, follow } from './marks.mjs';
import { Paces } from './paces.mjs';
import { Player } from './player.mjs';
import { Script, showLexicon } from './script.mjs';
import { SettingsDialog } from './settings.mjs';
import { fromHash, toHash } from './share.mjs';
import { Speech, sentenceAt, wordWritten } from './speech.mjs';
import { Status } from './status.mjs';
import { estimateSeconds } from './text.mjs';
import { VoiceCards, shownName } from './voices.mjs';
import { Waveform } from './waveform.mjs';

const usualRate = 24000;
const usual = { speed: 1, temperature: 0.6, format: 'wav' };
const keptFormat = 'orpheus.format';

const player = new Player();
const status = new Status();
const settings = new SettingsDialog();
const editor = new Editor();
const cards = new VoiceCards($('voices'));
const waveform = new Waveform($('wave'), $('wave-canvas'));
const dock = new Dock(player, waveform);
const paces = new Paces();
const advice = new Advice(say);
const marksInBox = new Marks($('marks-text'), { showsAll: false }); // marks behind the text in the editor
const marksBelow = new Marks($('passages'), { showsAll: true }); // marks in a text that is no longer in the editor
const script = new Script($('script'), $('script-pieces'), $('text'), $('pronunciations'));
const history = await new History().open();
const list = new HistoryList(history);

keepToken();
let wanted = fromHash(location.hash); // the settings of a link, until they can be shown
let mostCharacters = Infinity; // the limit of one request
let making = null; // { speech, abort, sample } while a request is in progress
let shown = null; // the speech in the player
let again = null; // the action of the "try again" button
let sampled = null; // { name, speech } of the sample that is playing
const samples = new Map(); // samples of voices that were played before

// ---- Text

// If the user did not change it, the server decides, because the voice may have its own value.
const temperatureWanted = () => ('orpheusTouched' in $('temperature').dataset ? Number($('temperature').value) : undefined);

const settingsNow = () => ({
  text: editor.text,
  voice: cards.chosen?.name,
  speed: Number($('speed').value),
  temperature: temperatureWanted(),
  seed: $('seed').value.trim(),
  format: $('format').value,
});

function fill(given) {
  if (given.text !== undefined) editor.text = given.text;
  if (given.voice !== undefined) cards.choose(given.voice);
  for (const name of ['speed', 'temperature', 'seed']) if (given[name] !== undefined) $(name).value = given[name];
  if (given.temperature !== undefined) $('temperature').dataset.orpheusTouched = '';
  if (given.format && [...$('format').options].some(({ value }) => value === given.format)) $('format').value = given.format;
  if ((given.speed ?? 1) !== 1 || given.temperature !== undefined || given.seed) $('more').open = true;
  showWritten();
}

function showWritten() {
  const speed = Number($('speed').value);
  editor.show({ speed, format: $('input-format').value, pace: paces.of(cards.chosen) });
  $('speed-shown').textContent = `${speed}×`;
  $('temperature-shown').textContent = $('temperature').value;
  showAll();
}

// ---- Speaking

async function begin(what, { sample = false } = {}) {
  stop();
  hideAlert();
  const abort = new AbortController();
  const mine = { abort, sample, speech: null };
  making = mine;
  const { voice, text, settings: { speed } } = what;
  const pace = paces.of(cards.chosen);
  const speech = new Speech({ ...what, rate: usualRate, pace, started: performance.now(), expected: estimateSeconds(text, speed, pace) });
  mine.speech = speech;
  try {
    const unlocked = player.unlock(usualRate);
    if (!sample) showSpeech(speech);
    showAll();
    await unlocked;
    await makeSpeech(speech, {
      most: mostCharacters,
      format: sample ? 'wav' : $('format').value,
      signal: abort.signal,
      heard: () => (player.plays(speech) ? player.position / speech.rate : 0),
      take: (chunk) => take(speech, chunk, abort.signal),
    });
    finish(speech, true);
    paces.heard(voice, speech.seconds * speed, estimateSeconds(text));
    if (sample) samples.set(voice, speech);
    else await keep(speech);
  } catch (error) {
    finish(speech, false);
    if (speech.length > 0 && !sample) await keep(speech);
    const stopped = error.name === 'AbortError';
    if (!stopped) showError(error, () => begin(what, { sample }));
    if (!sample && speech.length === 0 && shown === speech) showSpeech(null);
    if (sample && sampled?.name === voice) sampled = null; // the user may have chosen another sample meanwhile
  } finally {
    if (making === mine) making = null;
    showAll();
    status.look();
  }
}

// The first sound also starts the player, which has nothing to play before.
async function take(speech, chunk, signal) {
  const first = speech.length === 0;
  speech.append(chunk);
  if (first) {
    await player.unlock(speech.rate);
    if (signal.aborted || (making && making.speech !== speech)) return; // stopped, or replaced by another speech
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
  if (!given.text.trim() || editor.tooLong) return;
  if (!$('seed').checkValidity()) {
    $('more').open = true;
    $('seed').reportValidity();
    return;
  }
  if (!cards.chosen) {
    const offline = $('status').dataset.state === 'offline';
    showError(offline ? new ServerError('offline', 'The server does not answer. Is it running?') :
      new ServerError('loading', 'Try again when the voices have appeared.'), speakWritten);
    return;
  }
  begin({
    text: given.text, voice: given.voice, language: cards.chosen.language, settings: given,
    asked: script.asked($('input-format').value),
  });
};

// Speaks a single word of the server's pronunciations.
function speakWord(text) {
  const given = settingsNow();
  begin({
    text, voice: given.voice, language: cards.chosen.language, settings: { ...given, text },
    asked: { input_format: 'plain' },
  });
}

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
    text: greetingOf(shownName(voice.name), voice.language), voice: voice.name, language: voice.language,
    settings: { speed: 1, temperature: temperatureWanted(), seed: '' },
  }, { sample: true });
}

async function replay(speech) {
  making?.abort.abort();
  await player.unlock(speech.rate);
  player.load(speech);
  showAll();
}

// ---- History

async function keep(speech) {
  const { text, voice, language, asked, settings: used, seed, rate, seconds, model, whole, pieces, first, made, pace } = speech;
  await list.add({ text, voice, language, asked, settings: used, seed, rate, seconds, model, whole, pieces, first, made, pace, when: Date.now() },
    { samples: speech.samples(), file: speech.file });
}

list.onplay = async (entry) => {
  const sound = await history.sound(entry.id);
  if (!sound) return say('The sound of this speech is no longer stored.');
  const { seconds, whole, ...what } = entry; // both are computed from the sound
  const pieces = entry.pieces.map((piece) => ({ sentences: [], ...piece })); // earlier versions stored none
  const speech = new Speech({ ...what, pieces, numPieces: pieces.length || 1, file: sound.file });
  for (let at = 0; at < sound.samples.length; at += 1 << 16) speech.append(sound.samples.subarray(at, at + (1 << 16)));
  speech.end(whole);
  sampled = null;
  showSpeech(speech);
  replay(speech);
};
list.onreuse = ({ text, voice, settings: used, seed }) => {
  fill({ ...used, text, voice, seed });
  $('text').focus();
};
list.onsay = say;

// ---- Download of the played sound: its samples, or the file that the server sent with them

const formatOf = ({ file }) => ([file?.format, 'pcm'].includes($('format').value) ? $('format').value : 'wav');

function download() {
  const speech = shown;
  if (!speech || speech.length === 0) return;
  const format = formatOf(speech);
  const blob = format === 'wav' ? new Blob([wavHeader(speech.length, speech.rate), speech.samples()], { type: 'audio/wav' }) :
    format === 'pcm' ? new Blob([speech.samples()]) : new Blob(speech.file.chunks);
  const link = make('a', { href: URL.createObjectURL(blob), download: `orpheus-${speech.voice}-${speech.seed ?? 'speech'}.${format}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function chooseFormat() {
  const format = $('format').value;
  try {
    localStorage.setItem(keptFormat, format);
  } catch { /* not stored: lasts as long as the page */ }
  if (shown && formatOf(shown) !== format) say(`${format.toUpperCase()} from the next speech on; this one is here as WAV.`);
  showAll();
}

async function share() {
  const address = new URL(location.href);
  address.hash = toHash(settingsNow(), { ...usual, format: $('format').value });
  window.history.replaceState(null, '', address);
  try {
    await navigator.clipboard.writeText(address.href);
    say('The link is copied.');
  } catch {
    say('The link is in the address bar.');
  }
}

// ---- Display

function say(text) {
  $('said').textContent = text;
  const toast = make('p', { className: 'toast', 'aria-hidden': 'true' }, text);
  document.body.append(toast);
  setTimeout(() => toast.remove(), 2600 + 30 * text.length);
}

function showSpeech(speech) {
  shown = speech;
  dock.open(speech);
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
  if (beingMade) return 'Paused; the server is still generating';
  if (!speech.whole) return 'Stopped early';
  return here && player.state === 'paused' ? 'Paused' : 'Ready to play';
}

function showSpeakButton(speaking) {
  const label = speaking ? 'Stop' : 'Speak';
  if ($('speak-label').textContent !== label) {
    $('speak-label').textContent = label;
    showIcon(...(speaking ? ['speak-stop-icon', 'speak-icon'] : ['speak-icon', 'speak-stop-icon']));
    $('speak').setAttribute('aria-keyshortcuts', speaking ? 'Escape' : 'Control+Enter Meta+Enter');
  }
  $('speak').disabled = !speaking && (!editor.text.trim() || editor.tooLong);
}

// Marks the current sentence in the editor, or below it if the editor has another text.
function showMarks(speech, at, moves) {
  const isWritten = editor.text === speech?.text;
  $('marks').hidden = !speech || !isWritten || !moves;
  $('transcript').hidden = !speech || isWritten;
  if (speech) (isWritten ? marksInBox : marksBelow).show(speech, moves || !isWritten ? at : null);
}

function showAll() {
  const speech = shown;
  const here = Boolean(speech) && player.plays(speech);
  const beingMade = Boolean(speech) && making?.speech === speech;
  const playing = here && player.playing;
  showSpeakButton(beingMade || playing);
  document.body.classList.toggle('making', Boolean(making));
  const sounding = sampled && (player.playing || making?.sample) && !here;
  cards.markSample(sounding ? sampled.name : null);
  const position = here ? player.position / speech.rate : 0;
  const at = speech && here ? sentenceAt(position, speech.pieces, speech.ended ? speech.seconds : null, ({ letters }) =>
    (letters / 15) * speech.pace / speech.settings.speed) : null;
  showMarks(speech, at, beingMade || (here && player.state !== 'ended'));
  if (!speech) return;
  dock.show(speech, { state: stateText(speech, here), making: beingMade, playing, position, at, format: formatOf(speech) });
  if (beingMade || playing) requestDraw();
}

marksInBox.onmark = (span) => follow($('text'), span.offsetTop, span.offsetHeight);
marksBelow.onmark = (span) => follow($('passages'), span.offsetTop - $('passages').offsetTop, span.offsetHeight);
$('text').addEventListener('scroll', () => { $('marks-text').style.transform = `translateY(${-$('text').scrollTop}px)`; });

const titles = {
  key: 'A key is needed', busy: 'The server is busy', loading: 'The voice is loading', refused: 'This text cannot be spoken',
  offline: 'No connection', broken: 'The server failed', file: 'This file contains no text',
};

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function showError(error, retry) {
  if (!(error instanceof ServerError)) {
    console.error(error);
    error = new ServerError('broken', `This page failed: ${error.message}`);
  }
  again = retry;
  const wait = error.retryAfter > 0 && !/try again in/i.test(error.message) ? ` Try again in ${error.retryAfter} s.` : '';
  const act = error.kind === 'key' ?
    make('button', { type: 'button', onclick: () => settings.open({ forKey: true }) }, 'Enter a key') :
    ['refused', 'file'].includes(error.kind) ? '' : make('button', { type: 'button', onclick: retry }, 'Try again');
  $('alert').dataset.kind = error.kind;
  $('alert').replaceChildren(make('div', {}, make('strong', {}, titles[error.kind]), make('p', {}, (error.kind === 'file' ? error.message : sentence(error.message)) + wait)), act,
    make('button', { type: 'button', className: 'quiet', onclick: hideAlert }, 'Dismiss'));
  $('alert').hidden = false;
  $('alert').scrollIntoView({ block: 'nearest' });
}

function hideAlert() {
  again = null;
  $('alert').hidden = true;
}

// ---- Events

$('speak').addEventListener('click', () => {
  const speaking = (making && making.speech === shown) || (shown && player.plays(shown) && player.playing);
  if (speaking) stop();
  else speakWritten();
});
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
editor.onchange = showWritten;
editor.onsay = say;
editor.onrefuse = (message) => showError(new ServerError('file', message), hideAlert);
for (const name of ['speed', 'temperature', 'seed', 'input-format']) $(name).addEventListener('input', showWritten);
$('format').addEventListener('change', chooseFormat);
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
    shown.first = (performance.now() - shown.started) / 1000; // also while the tab is hidden
  }
  requestDraw();
};
waveform.onseek = seek;

async function seek(seconds) {
  const speech = shown;
  if (!speech || speech.length === 0) return;
  if (!player.plays(speech)) { // the player has a sample
    if (making?.speech === speech) return; // it begins soon
    await replay(speech);
  }
  if (player.plays(speech)) player.seek(seconds * speech.rate);
}

// A click on a word of the text that is heard goes there. Elsewhere in the editor, a click only sets the cursor.
function seekWord(place) {
  const word = place === null || !shown ? null : wordWritten(place, shown.pieces);
  if (word) seek(word.start);
}
$('text').addEventListener('click', ({ target }) => {
  if (!$('marks').hidden && target.selectionStart === target.selectionEnd) seekWord(target.selectionStart);
});
$('passages').addEventListener('click', ({ clientX, clientY }) => {
  if (getSelection().isCollapsed) seekWord(marksBelow.placeAt(clientX, clientY));
});
cards.onchoose = (voice) => {
  editor.follow(voice);
  showWritten();
};
cards.onsample = hearSample;
settings.onkey = () => {
  const retry = again;
  hideAlert();
  status.forget();
  retry?.();
};
settings.onrestart = () => status.forget();

function offerFormats(formats) {
  const known = ['wav', ...formats.filter((name) => name !== 'wav' && name !== 'pcm'), 'pcm'];
  $('format').replaceChildren(...known.map((name) => make('option', { value: name }, name.toUpperCase())));
  let format = null;
  try {
    format = localStorage.getItem(keptFormat);
  } catch { /* use the default */ }
  $('format').value = known.find((name) => name === format) ?? known.find((name) => name === 'mp3') ?? 'wav';
}

status.onfacts = (facts) => {
  mostCharacters = facts.max_input_characters;
  editor.mostCharacters = mostCharacters;
  usual.temperature = Number(facts.temperature.toFixed(2));
  if (temperatureWanted() === undefined) $('temperature').value = usual.temperature;
  $('speed').disabled = !facts.can_change_speed;
  offerFormats(facts.formats);
  settings.offer(facts.settings);
  $('about').textContent = `· orpheus ${facts.version}`;
  advice.show(facts.voice_model);
  showWritten();
};
status.onready = async () => {
  const { voices } = await getJson('v1/audio/voices');
  cards.show(voices, wanted.voice ?? cards.chosen?.name);
  const { pronunciations } = await getJson('v1/audio/pronunciations');
  showLexicon($('lexicon'), $('lexicon-words'), pronunciations, speakWord);
  const { text, ...others } = wanted; // the text was set when the page opened, and the user may have changed it
  fill(others);
  wanted = {};
  if ($('alert').dataset.kind === 'loading') hideAlert();
};
$('temperature').addEventListener('input', () => { $('temperature').dataset.orpheusTouched = ''; });

editor.text = wanted.text ?? Editor.draft() ?? firstTextOf();
showWritten();
await list.show();
await status.look();
