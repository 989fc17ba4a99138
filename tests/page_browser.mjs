// Shared by the page's tests and screenshots: a chromium, servers that are controlled by lines, and a check of the sound.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folders = [];
const processes = [];
process.on('exit', () => {
  for (const { child } of processes) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

class Program {
  #lines = [];
  #waiting = [];

  constructor(command, flags, environment = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'orpheus-page-'));
    folders.push(folder);
    this.dataFolder = join(folder, 'orpheus');
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ORPHEUS_')));
    this.child = spawn(command, flags, { cwd: folder, env: { ...clean, XDG_DATA_HOME: folder, ...environment }, stdio: 'pipe' });
    processes.push(this);
    let rest = '';
    const read = (bytes) => {
      const lines = (rest + bytes).split('\n');
      rest = lines.pop();
      this.#lines.push(...lines);
      this.#look();
    };
    this.child.stdout.on('data', read);
    this.child.stderr.on('data', read);
    this.child.on('exit', () => { this.gone = true; this.#look(); });
  }

  // Returns the next line that contains this text; drops earlier lines. Fails after a minute without one.
  line(pattern) {
    return new Promise((resolve, reject) => {
      const bound = setTimeout(() => reject(new Error(`the program did not say ${pattern} within a minute`)), 60_000);
      const found = (line) => { clearTimeout(bound); resolve(line); };
      const failed = (error) => { clearTimeout(bound); reject(error); };
      this.#waiting.push({ pattern, resolve: found, reject: failed });
      this.#look();
    });
  }

  #look() {
    while (this.#waiting.length > 0) {
      const { pattern, resolve, reject } = this.#waiting[0];
      const at = this.#lines.findIndex((line) => pattern.test(line));
      if (at < 0) {
        if (this.gone) reject(new Error(`the program ended before it said ${pattern}`));
        return;
      }
      const line = this.#lines[at];
      this.#lines.splice(0, at + 1);
      this.#waiting.shift();
      resolve(line);
    }
  }

  say(line) {
    this.child.stdin.write(`${line}\n`);
  }

  end() {
    this.child.kill('SIGKILL');
  }
}

export async function start(command, flags = [], environment = {}) {
  const program = new Program(command, flags, environment);
  program.address = (await program.line(/serving .*http/)).match(/http:\/\/\S+/)[0];
  return program;
}

// Runs before the page's code: records the loudest output.
const ears = () => {
  window.loudest = 0;
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function connectAndListen(target, ...more) {
    if (target instanceof AudioDestinationNode) {
      const ear = this.context.createScriptProcessor(1024, 1, 1);
      ear.onaudioprocess = ({ inputBuffer }) => {
        window.loudest = inputBuffer.getChannelData(0).reduce((most, sample) => Math.max(most, Math.abs(sample)), window.loudest);
      };
      connect.call(this, ear);
      connect.call(ear, target);
    }
    return connect.call(this, target, ...more);
  };
};

// With PAGE_FILES=web, the page's files come from this folder, so changes need no build.
const types = { html: 'text/html', css: 'text/css', mjs: 'text/javascript', svg: 'image/svg+xml' };
const fromFolder = (route) => {
  const { hostname, pathname } = new URL(route.request().url());
  if (hostname !== '127.0.0.1') return route.continue(); // such a page may not send requests to loopback without TLS
  const name = pathname.match(/\/web\/([\w-]+\.\w+)$/)?.[1] ?? 'index.html';
  const base = pathname.endsWith('/web/') ? '<base href="../">' : '<base href="./">'; // as the server does
  const body = readFileSync(join(process.env.PAGE_FILES, name), 'utf8').replace('<base href="./">', base);
  return route.fulfill({ body, contentType: types[name.split('.').pop()] });
};

export async function browse(chromium, dependencies) {
  const load = (folder, name) => createRequire(pathToFileURL(join(dependencies, folder, 'here.js')))(name);
  const browser = await load('playwright', 'playwright-core').chromium.launch({
    executablePath: chromium,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run', '--disable-dev-shm-usage',
      '--autoplay-policy=no-user-gesture-required', '--mute-audio', '--host-resolver-rules=MAP page.test 127.0.0.1'],
  });
  const axe = readFileSync(join(dependencies, 'axe/node_modules/axe-core/axe.min.js'), 'utf8');

  // A page in its own profile. A request to another origin, or an error message, fails the test.
  async function open(address, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options });
    await context.addInitScript(ears);
    if (process.env.PAGE_FILES) await context.route(/\/(web\/[\w-]+\.\w+)?([?#].*)?$/, fromFolder);
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.complaints = [];
    page.requests = [];
    page.on('pageerror', (error) => page.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) page.complaints.push(message.text());
    });
    page.on('response', (response) => {
      if (response.status() === 404) page.complaints.push(`${response.url()} is not there`);
    });
    page.on('request', (request) => page.requests.push(request.url()));
    await page.goto(address);
    return page;
  }

  async function close(page, origin) {
    const foreign = page.requests.filter((url) => !url.startsWith(origin) && !url.startsWith('blob:'));
    assert.deepEqual(foreign, [], 'requests to other origins');
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }

  // Checks accessibility with axe-core.
  async function findNoViolation(page, what) {
    await page.evaluate(`${axe};0`); // through the debugger, which ignores the Content-Security-Policy
    const { violations } = await page.evaluate(() => window.axe.run(document,
      { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    assert.deepEqual(violations.map(({ id, nodes }) => ({
      id, nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`),
    })), [], `axe on ${what}`);
  }

  return { browser, open, close, findNoViolation };
}

export const shows = (page, state) => page.waitForSelector(`#player[data-state="${state}"]`);

// Waits for a sound louder than this since the page was opened or since the last call.
export async function hears(page, least = 0.2) {
  await page.waitForFunction((than) => window.loudest > than, least, { polling: 20 });
  await page.evaluate(() => { window.loudest = 0; });
}
export const forgetsWhatItHeard = (page) => page.evaluate(() => { window.loudest = 0; });
