// Creates the pictures in docs/: the page of a server with a voice of random weights that has all names of a large one.
//
//   node tests/page_screenshots.mjs CHROMIUM PROGRAM FOLDER-OF-npm-PACKAGES FOLDER
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browse, start } from './page_browser.mjs';

const [chromium, program, dependencies, folder] = process.argv.slice(2);
const { browser, open } = await browse(chromium, dependencies);
const voice = mkdtempSync(join(tmpdir(), 'orpheus-voice-'));
execFileSync(program, ['synth-voice', voice]);
const server = await start(program, ['serve', '--port', '0', '--threads', '1', '--model', join(voice, 'lm.gguf'),
  '--codec', join(voice, 'codec.gguf')]);
const text = 'Orpheus took up his lyre, and the trees leaned in to listen. <sigh> Even the stones, they say, forgot that they ' +
  'were stones. He sang of rivers and of roads, and of the one he would not leave behind.';
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

for (const [name, options] of [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', phone]]) {
  const page = await open(server.address, { viewport: { width: 1240, height: 820 }, ...options });
  await page.waitForSelector('.voice');
  await page.click('#better-close');
  await page.click('.voice[data-voice="leah"] label');
  await page.fill('#text', text);
  await page.click('#speak');
  await page.waitForFunction(() => Number(document.querySelector('#wave').getAttribute('aria-valuenow')) > 1.5);
  await page.screenshot({ path: join(folder, `page-${name}.png`) });
  await page.context().close();
}
server.end();
await browser.close();
rmSync(voice, { recursive: true });
