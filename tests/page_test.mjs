// Tests the page in a browser, with a voice that the test controls (tests/page_server.cpp) and with the program and its
// built-in voice. No step waits for a fixed time; each waits for what it needs to see.
//
//   node tests/page_test.mjs CHROMIUM PAGE_SERVER PROGRAM FOLDER-OF-npm-PACKAGES
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { browse, forgetsWhatItHeard, hears, shows, start } from './page_browser.mjs';

const [chromium, fake, program, dependencies] = process.argv.slice(2);
const { browser, open, close, findNoViolation } = await browse(chromium, dependencies);
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

const isReady = (page) => page.waitForSelector('#status[data-state="ready"], #status[data-state="speaking"]');
const seconds = (page, attribute) => page.locator('#wave').getAttribute(attribute).then(Number);
const alertSays = (page, text) => page.locator('#alert', { hasText: text }).waitFor();

async function ready(address, options) {
  const page = await open(address, options);
  await isReady(page);
  await page.waitForSelector('.voice');
  return page;
}

// With the key, which also stops the current speech.
async function speak(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Control+Enter');
}

async function chooseFormat(page, format) {
  if (!await page.locator('#more[open]').count()) await page.click('#more > summary');
  await page.selectOption('#format', format);
}

async function downloaded(page, format) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  assert.match(download.suggestedFilename(), new RegExp(`^orpheus-.*\\.${format}$`));
  return readFile(await download.path());
}

// The server takes a client that ends its half of the connection within 30 ms of the first byte for one that still wants the
// rest (nc -N). The fake voice then waits, so nothing more would tell the server that the client has left.
const listensAWhile = (page) => page.waitForTimeout(500);

const tests = {
  async 'it is written, spoken, heard while it is made, and downloaded'() {
    const server = await start(fake);
    const page = await ready(server.address);
    await page.waitForFunction(() => document.querySelector('#status-text').textContent.includes('Ready · sine'));
    assert.equal(await page.locator('.voice').count(), 3);
    await page.fill('#text', 'Hello there');
    assert.match(await page.textContent('#counter'), /^11 characters · about 1 s$/);
    assert.equal(await page.locator('a[href="docs"]').count(), 1);
    await page.evaluate(() => document.querySelector('#text').setSelectionRange(5, 5));
    await page.click('.tag >> text=sigh');
    assert.equal(await page.inputValue('#text'), 'Hello <sigh> there');

    await page.click('#more > summary');
    await page.fill('#seed', 'seven');
    await page.click('#speak');
    await page.locator('#seed:focus').waitFor();
    assert.ok(await page.isHidden('#player'), 'what is no seed is not left out unsaid');
    await page.fill('#seed', '7');
    const formats = await page.locator('#format option').allTextContents();
    assert.equal(await page.inputValue('#format'), formats.includes('MP3') ? 'mp3' : 'wav');
    await speak(page, 'One two. Three four. Five WAIT.');
    await hears(page);
    await page.locator('#fact-first', { hasText: /^\d+\.\d\d s$/ }).waitFor();
    assert.equal(await page.getAttribute('#player', 'data-making'), 'true', 'heard before the answer has ended');
    await page.locator('#marks [aria-current]', { hasText: 'Three four.' }).waitFor();
    assert.equal(await page.textContent('#passage'), '2 of 3');
    assert.ok(await page.isHidden('#transcript'), 'the text is marked where it is written');
    await findNoViolation(page, 'a speech that is being made');
    server.say('go');
    await shows(page, 'Ready to play');
    assert.equal(await page.textContent('#fact-seed'), '7');
    assert.match(await page.textContent('#fact-factor'), /^\d+\.\d×$/);
    const numSamples = 24 * 2048;
    assert.equal(await seconds(page, 'aria-valuemax'), 2);

    const requests = page.requests.length;
    if (formats.includes('MP3')) {
      const mp3 = await downloaded(page, 'mp3');
      assert.ok(mp3.length > 10_000 && (mp3.readUInt16BE(0) & 0xffe0) === 0xffe0 || mp3.toString('latin1', 0, 3) === 'ID3');
      await chooseFormat(page, 'opus');
      await page.locator('.toast', { hasText: 'OPUS from the next speech on' }).waitFor();
    }
    await chooseFormat(page, 'wav');
    const wav = await downloaded(page, 'wav');
    assert.equal(wav.length, 44 + 2 * numSamples);
    assert.equal(wav.toString('latin1', 0, 4), 'RIFF');
    assert.ok(page.requests.slice(requests).every((url) => url.startsWith('blob:')), 'what was heard is not spoken again');
    await close(page, server.address);
    server.end();
  },

  async 'stopping ends it on the server, and what came stays'() {
    const server = await start(fake);
    const page = await ready(server.address);
    await speak(page, 'One two. Three WAIT.');
    await hears(page);
    await page.locator('#status', { hasText: '1 speaking' }).waitFor();
    await listensAWhile(page);
    await page.click('#stop');
    await server.line(/^cancelled/);
    await shows(page, 'Stopped early');
    await page.locator('.history li', { hasText: 'stopped early' }).waitFor();
    await page.keyboard.press('Control+Enter');
    await hears(page);
    await listensAWhile(page);
    await page.keyboard.press('Escape');
    await server.line(/^cancelled/);
    await close(page, server.address);
    server.end();
  },

  async 'the button that speaks is the one that stops, and the player is in sight'() {
    const server = await start(fake);
    for (const options of [{ viewport: { width: 1240, height: 800 } }, phone]) {
      const page = await ready(server.address, options);
      await page.fill('#text', 'Some words here. '.repeat(60) + 'WAIT.');
      await page.locator('#speak').scrollIntoViewIfNeeded();
      await page.click('#speak');
      await hears(page);
      assert.equal(await page.textContent('#speak-label'), 'Stop');
      const { y, height } = await page.locator('#player').boundingBox();
      const { y: top } = await page.locator('#pause').boundingBox();
      assert.ok(top >= 0 && y + height <= options.viewport.height + 1, `the player ends at ${y + height}`);
      const bottom = await page.evaluate(() => {
        scrollTo(0, document.body.scrollHeight);
        return document.querySelector('.foot').getBoundingClientRect().bottom;
      });
      assert.ok(bottom <= y + 1, 'and hides nothing of the page\'s end');
      await listensAWhile(page);
      await page.click('#speak');
      await server.line(/^cancelled/);
      await page.locator('#speak-label', { hasText: 'Speak' }).waitFor();
      await close(page, server.address);
    }
    server.end();
  },

  async 'the word that is heard is marked, and a click on a word goes there'() {
    const server = await start(fake);
    const page = await ready(server.address);
    const marks = (word) => page.waitForFunction((text) => [...CSS.highlights.get('word') ?? []].some((range) => range.toString() === text), word);
    const click = async (box, word) => {
      const { x, y } = await page.evaluate(([id, text]) => {
        const walker = document.createTreeWalker(document.querySelector(id), NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const at = walker.currentNode.data.indexOf(text);
          if (at < 0) continue;
          const range = new Range();
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + text.length);
          const { left, top, width, height } = range.getBoundingClientRect();
          return { x: left + width / 2, y: top + height / 2 };
        }
        throw new Error(`${text} is not there`);
      }, [box, word]);
      await page.mouse.click(x, y);
    };
    await speak(page, 'One two. Three four. Five WAIT.');
    await marks('four.');
    await click('#marks', 'One'); // the editor shows the same text before the marks
    await marks('One');
    await marks('four.');
    await page.fill('#text', 'Other words');
    await page.locator('#transcript').waitFor();
    await click('#passages', 'Three');
    await marks('Three');
    server.say('go');
    await shows(page, 'Ready to play');
    server.end();
  },

  async 'a file is opened or dropped, and a text beyond one request is spoken in parts'() {
    const server = await start(fake, ['--most', '40']);
    const page = await ready(server.address);
    const text = 'First words here.\n\nSecond words stand here. Third.\n\nThe fourth sentence is here. Fifth.';
    await page.setInputFiles('#file', { name: 'story.txt', mimeType: 'text/plain', buffer: Buffer.from(text) });
    await page.waitForFunction((all) => document.querySelector('#text').value === all, text);
    assert.match(await page.textContent('#counter'), /in 3 parts$/);
    assert.equal(await page.inputValue('#input-format'), 'plain');
    await page.click('#speak');
    for (const part of [/^speaking First words here\.$/, /^speaking Second/, /^speaking The fourth/]) await server.line(part);
    await page.locator('#marks [aria-current]', { hasText: 'Third.' }).waitFor();
    await page.locator('.history li', { hasText: 'First words' }).waitFor();
    assert.ok(Math.abs(await seconds(page, 'aria-valuemax') - 5 * 8 * 2048 / 24000) < 0.05, 'one speech, all parts');
    assert.match(await page.textContent('#passage'), /^\d of 5$/);
    assert.equal(await page.locator('#marks').evaluate((box) => box.textContent), text, 'paragraphs are kept');
    await page.keyboard.press('Escape');

    const drop = (name, bytes) => page.evaluate(([file, letters]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([letters], file));
      for (const type of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }, [name, bytes]);
    await drop('book.pdf', '%PDF-1.7');
    await alertSays(page, 'book.pdf is a PDF');
    await drop('note.md', '# A *title*');
    await page.waitForFunction(() => document.querySelector('#text').value === '# A *title*');
    assert.equal(await page.inputValue('#input-format'), 'markdown');
    await page.fill('#text', `<speak>${'a '.repeat(40)}</speak>`);
    await page.evaluate(() => { document.querySelector('#input-format').value = 'ssml'; document.querySelector('#text').dispatchEvent(new Event('input')); });
    assert.match(await page.textContent('#counter'), /too many/);
    assert.ok(await page.isDisabled('#speak'));
    await close(page, server.address);
    server.end();
  },

  async 'sounds and the first text follow the voice'() {
    const server = await start(fake);
    const page = await ready(server.address);
    assert.match(await page.inputValue('#text'), /<chuckle>/);
    assert.equal(await page.locator('.tag').count(), 8);
    await page.locator('.voice[data-voice="leo"] label').click(); // has no tags
    assert.ok(await page.isHidden('#tags'), 'no dead buttons');
    assert.doesNotMatch(await page.inputValue('#text'), /</);
    await page.click('summary:has-text("Korean")');
    await page.locator('.voice[data-voice="유나"] label').click();
    assert.match(await page.inputValue('#text'), /^안녕하세요\. <낄낄>/);
    await page.fill('#text', 'My own words.');
    await page.locator('.voice[data-voice="tara"] label').click();
    assert.equal(await page.inputValue('#text'), 'My own words.', 'what somebody wrote stays');
    await close(page, server.address);
    server.end();
  },

  async 'volume and playback speed are set, heard and kept'() {
    const server = await start(fake);
    const page = await ready(server.address);
    await speak(page, 'Some words here. '.repeat(12));
    await hears(page, 0.4);
    await page.locator('#volume').fill('0.5');
    await page.selectOption('#rate', '2');
    await page.waitForFunction(() => document.querySelector('#wave').getAttribute('aria-valuenow') > 4);
    await forgetsWhatItHeard(page);
    await hears(page, 0.05);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
    assert.ok(await page.evaluate(() => window.loudest) < 0.2, 'a quarter of 0.5');
    await shows(page, 'Ready to play');
    await page.reload();
    assert.deepEqual([await page.inputValue('#volume'), await page.inputValue('#rate')], ['0.5', '2']);
    await close(page, server.address);
    server.end();
  },

  async 'it is paused, sought and gone on with'() {
    const server = await start(fake);
    const page = await ready(server.address);
    await speak(page, `${'Some words here. '.repeat(12)}And WAIT.`);
    await hears(page);
    await page.click('#pause');
    await shows(page, 'Paused; the server is still generating');
    assert.ok(Math.abs(await seconds(page, 'aria-valuemax') - 8.2) < 0.05);
    await page.focus('#wave');
    await page.keyboard.press('Home');
    await page.waitForFunction(() => document.querySelector('#wave').getAttribute('aria-valuenow') === '0.0');
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.querySelector('#wave').getAttribute('aria-valuenow') === '5.0');
    await page.keyboard.press('End');
    await page.waitForFunction(() => document.querySelector('#wave').getAttribute('aria-valuenow') === '8.2');
    const { x, y, width, height } = await page.locator('#wave').boundingBox();
    await page.mouse.click(x + width * 0.15, y + height / 2);
    await page.waitForFunction(() => Number(document.querySelector('#wave').getAttribute('aria-valuenow')) < 5);
    await forgetsWhatItHeard(page);
    await page.click('#pause');
    await hears(page);
    server.say('go');
    await shows(page, 'Ready to play');
    assert.ok(Math.abs(await seconds(page, 'aria-valuemax') - 8.9) < 0.05);
    await close(page, server.address);
    server.end();
  },

  async 'what was spoken is kept, heard again, taken up again, deleted'() {
    const server = await start(fake);
    const page = await ready(server.address);
    for (const text of ['First words.', 'Second words.']) {
      await speak(page, text);
      await page.locator('.history li', { hasText: text }).waitFor();
    }
    await page.reload();
    await isReady(page);
    assert.deepEqual(await page.locator('.history .words').allTextContents(), ['Second words.', 'First words.']);
    await page.dblclick('.history li:nth-child(2) .play');
    await hears(page);
    assert.ok(await page.isHidden('#alert'));
    await page.locator('#passages [aria-current]', { hasText: 'First words.' }).waitFor();
    await shows(page, 'Ready to play');
    await page.click('.history li:nth-child(2) button[title^="Edit"]');
    assert.equal(await page.inputValue('#text'), 'First words.');
    await page.click('.history li:nth-child(2) button[title^="Delete"]');
    await page.waitForFunction(() => document.querySelectorAll('.history li').length === 1);
    page.on('dialog', (dialog) => dialog.accept());
    await page.click('#history-clear');
    await page.waitForFunction(() => document.querySelectorAll('.history li').length === 0);
    await close(page, server.address);
    server.end();
  },

  async 'a link carries a setting, and voices can be sampled'() {
    const server = await start(fake);
    const page = await ready(server.address, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.locator('.voice[data-voice="leo"] label').click();
    await page.fill('#text', 'Shared & <laugh> words.');
    await page.click('#share');
    await page.locator('.toast').waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    await page.locator('.voice[data-voice="tara"] .sample').click();
    await server.line(/^speaking Hello, I'm Tara\./);
    await hears(page);
    await page.locator('#history li').first().waitFor({ state: 'detached' });
    await close(page, server.address);
    const other = await ready(link);
    assert.equal(await other.inputValue('#text'), 'Shared & <laugh> words.');
    assert.ok(await other.locator('input[value="leo"]').isChecked());
    await close(other, server.address);
    server.end();
  },

  async 'the keyboard alone is enough'() {
    const server = await start(fake);
    const page = await ready(server.address);
    const press = (key) => page.keyboard.press(key);
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.id || document.activeElement.value);
    await page.focus('#text');
    await press('Control+a');
    await page.keyboard.type('Typed ');
    await press('Tab');
    assert.equal(await focused(), 'laugh');
    await press('Enter');
    assert.equal(await page.inputValue('#text'), 'Typed <laugh> ');
    await page.keyboard.type('words.');
    assert.equal(await page.inputValue('#text'), 'Typed <laugh> words.', 'the caret is behind the tag');
    await page.focus('input[value="tara"]');
    await press('ArrowDown');
    assert.ok(await page.isChecked('input[value="leo"]'));
    await press('Tab');
    assert.equal(await focused(), 'Hear Leo');
    await press('Enter');
    await server.line(/^speaking Hello, I'm Leo\./);
    await page.focus('#open-settings');
    await press('Enter');
    await page.locator('#settings[open]').waitFor();
    await press('Escape');
    await page.locator('#settings').waitFor({ state: 'hidden' });
    assert.equal(await focused(), 'Settings');
    await press('Control+Enter');
    await server.line(/^speaking Typed <laugh> words\./);
    await close(page, server.address);
    server.end();
  },

  async 'failures say what happened and what can be done'() {
    const server = await start(fake);
    const page = await ready(server.address);
    await speak(page, 'REFUSE this.');
    await alertSays(page, 'the device is gone');
    await findNoViolation(page, 'an error');
    await speak(page, 'One two. FAIL now.');
    await alertSays(page, 'the device is gone');
    await page.locator('.history li', { hasText: 'stopped early' }).waitFor();
    await page.click('#alert button:has-text("Dismiss")');
    await page.fill('#text', 'a'.repeat(40_000));
    assert.match(await page.textContent('#counter'), /in 2 parts/);
    const silent = await ready(server.address); // has not loaded the worklet
    server.end();
    await silent.press('#text', 'Control+Enter');
    await alertSays(silent, 'No connection');
    await close(silent, server.address);
    await page.evaluate(() => dispatchEvent(new Event('online'))); // it checks immediately
    await page.waitForSelector('#status[data-state="offline"]');
    await speak(page, 'Nobody hears this.');
    await alertSays(page, 'No connection');
    // Guards against an icon that is fetched when it is shown: then a server that is gone leaves the button without one.
    await page.waitForFunction(() => document.querySelector('#speak-icon use').getBBox().width > 0);
    await close(page, server.address);
  },

  async 'a key is asked for once it is needed'() {
    const server = await start(fake, ['--key', 'secret']);
    const page = await ready(server.address);
    await speak(page, 'Let me in.');
    await alertSays(page, 'A key is needed');
    await alertSays(page, 'Ask the person who runs it for one');
    await page.click('#open-settings');
    await page.fill('#key', 'wrong');
    await page.keyboard.press('Enter');
    await speak(page, 'Let me in.');
    await alertSays(page, 'did not accept this key');
    await page.click('#alert button:has-text("Enter a key")');
    await page.locator('#key:focus').waitFor();
    await page.fill('#key', 'secret');
    await findNoViolation(page, 'the settings');
    await page.keyboard.press('Enter');
    await server.line(/^speaking Let me in\./);
    await hears(page);
    assert.ok(await page.isHidden('#alert'));
    await close(page, server.address);
    server.end();
  },

  async 'a full server says when to come back'() {
    const server = await start(fake, ['--speakers', '1', '--waiting', '0']);
    const first = await ready(server.address);
    const second = await ready(server.address);
    await speak(first, 'One two. Three WAIT.');
    await server.line(/^speaking/);
    await speak(second, 'Busy words.');
    await second.locator('#alert[data-kind="busy"]', { hasText: /[Tt]ry again in \d+ s/ }).waitFor();
    server.say('go');
    await shows(first, 'Ready to play');
    await second.click('#alert button:has-text("Try again")');
    await hears(second);
    for (const page of [first, second]) await close(page, server.address);
    server.end();
  },

  async 'while the voice is loaded it says so, and goes on by itself'() {
    const server = await start(fake, ['--loading']);
    const page = await open(`${server.address}/#text=Linked&temperature=0.9`);
    await page.waitForSelector('#status[data-state="loading"]');
    assert.equal(await page.locator('.voice').count(), 0);
    assert.equal(await page.inputValue('#text'), 'Linked');
    await speak(page, 'Typed meanwhile.');
    await alertSays(page, 'The voice is loading');
    server.say('ready');
    await page.waitForSelector('.voice');
    await isReady(page);
    assert.equal(await page.inputValue('#text'), 'Typed meanwhile.');
    assert.equal(await page.inputValue('#temperature'), '0.9');
    assert.ok(await page.isHidden('#alert'));
    await close(page, server.address);
    server.end();
  },

  async 'without an audio thread it is heard all the same'() {
    const server = await start(fake);
    const other = server.address.replace('127.0.0.1', 'page.test'); // as from a phone: a name, no TLS
    const page = await ready(`${other}/web/`);
    assert.equal(await page.evaluate(() => window.isSecureContext || 'audioWorklet' in AudioContext.prototype), false);
    await speak(page, 'One two. Three WAIT.');
    await hears(page);
    assert.equal(await page.getAttribute('#player', 'data-making'), 'true');
    server.say('go');
    await shows(page, 'Ready to play');
    await close(page, other);
    server.end();
  },

  async 'it fits phones, dark rooms, right-to-left texts'() {
    const server = await start(fake);
    for (const colorScheme of ['light', 'dark']) {
      const page = await ready(server.address, { ...phone, colorScheme, reducedMotion: 'reduce' });
      await speak(page, 'مرحبا بالعالم. كيف حالك؟');
      await page.locator('.history li').waitFor();
      assert.equal(await page.evaluate(() => document.querySelector('#text').matches(':dir(rtl)')), true);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, 'nothing hangs over');
      assert.ok(await page.isHidden('.keys'), 'a phone has no Ctrl');
      await page.click('#more > summary');
      await findNoViolation(page, `a phone, ${colorScheme}`);
      await page.click('#open-settings');
      await findNoViolation(page, `settings on a phone, ${colorScheme}`);
      await close(page, server.address);
    }
    server.end();
  },

  async 'the program itself speaks, and takes settings'() {
    const server = await start(program, ['serve', '--port', '0', '--threads', '1']);
    const page = await ready(server.address);
    assert.equal(await page.locator('.voice').count(), 1);  // of the small voice
    await page.locator('#better', { hasText: 'orpheus pull english' }).waitFor();
    assert.ok(await page.isHidden('#tags'), 'the small voice makes no sounds');
    await findNoViolation(page, 'the first view');
    const asked = page.waitForRequest((request) => request.method() === 'POST');
    await page.keyboard.press('Control+Enter');
    assert.equal((await asked).postDataJSON().temperature, undefined, 'what nobody touched is the voice\'s own');
    assert.equal(await page.inputValue('#temperature'), '0.2');
    await hears(page, 0);
    await page.locator('.history li', { hasText: 'word by word' }).waitFor();
    assert.match(await page.textContent('#fact-first'), /^\d+\.\d\d s$/);
    await page.click('#open-settings');
    await page.locator('#config-note', { hasText: 'user-token' }).waitFor(); // without the user token
    await page.click('#close-settings');
    const token = (await readFile(join(server.dataFolder, 'user-token'), 'utf8')).trim();
    await page.goto(`${server.address}/#token=${token}`); // the address that the program prints
    await page.reload(); // the address differed only after the '#'
    assert.equal(await page.evaluate(() => location.hash), '');
    await page.click('#open-settings');
    await page.fill('input[name="ORPHEUS_TEMPERATURE"]', '0.75');
    await page.click('#config-form >> text=Save and use');
    await page.waitForFunction(() => !/Saving/.test(document.querySelector('#config-note').textContent) &&
      document.querySelector('#config-note').textContent.length > 0);
    assert.equal(await page.locator('#config-note.bad').count(), 0, await page.textContent('#config-note'));
    await page.click('#close-settings');
    await page.waitForFunction(() => document.querySelector('#temperature').value === '0.75');
    await close(page, server.address);
    server.end();
  },
};

const only = process.env.ONLY ?? '';
for (const [name, test] of Object.entries(tests)) {
  if (!name.includes(only)) continue;
  const began = performance.now();
  await test();
  console.log(`ok: ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}
await browser.close();
