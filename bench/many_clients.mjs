// Runs many instances of OpenAI's client at the same time, with their own retries, with a server with default settings.
// Measures how many fail and how long they wait.
//
//   node bench/many_clients.mjs PROGRAM FOLDER-OF-openai [CLIENTS] [server flags...]
//
// Each client requests one sentence of about five seconds. Prints one line of JSON; exits with 1 if a client failed.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [program, dependencies, count = '60', ...flags] = process.argv.slice(2);
const { OpenAI } = createRequire(pathToFileURL(join(dependencies, 'here.js')))('openai');

const folder = mkdtempSync(join(tmpdir(), 'orpheus-'));
const server = spawn(program, ['serve', '--port', '0', ...flags],
  { env: { ...process.env, XDG_DATA_HOME: folder }, stdio: ['ignore', 'ignore', 'pipe'] });
let said = '';
const address = await new Promise((resolve, reject) => {
  server.on('exit', () => reject(new Error(`the server ended: ${said}`)));
  server.stderr.on('data', (bytes) => {
    said += bytes;
    const found = said.match(/serving .* at (http:\/\/\S+)\n/);
    if (found) resolve(found[1]);
  });
});

const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey: 'none' });
const input = 'The old lighthouse stood at the end of the long stone pier, and nobody had climbed its stairs for years.';

async function ask() {
  const begin = performance.now();
  try {
    const response = await openai.audio.speech.create({ model: 'orpheus', voice: 'nova', input, response_format: 'pcm' });
    await response.arrayBuffer();
    return { seconds: (performance.now() - begin) / 1000 };
  } catch (error) {
    return { seconds: (performance.now() - begin) / 1000, error: `${error.status} ${error.message}` };
  }
}

const results = await Promise.all(Array.from({ length: Number(count) }, ask));
server.kill();
rmSync(folder, { recursive: true });
const failed = results.filter(({ error }) => error);
const seconds = results.map((result) => result.seconds).sort((a, b) => a - b);
const refused = (said.match(/status=429/g) ?? []).length;
console.log(JSON.stringify({ clients: results.length, failed: failed.length, refused_at_first: refused,
  median_s: seconds[seconds.length >> 1], last_s: seconds.at(-1), errors: [...new Set(failed.map(({ error }) => error))] }));
process.exit(failed.length ? 1 : 0);
