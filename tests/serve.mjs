// For tests of clients: a server of the program, with a key and a voice of random weights. Of such a voice the length of a
// speech depends only on the text, and it has no silence.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const key = 'secret';

// Returns its address ("http://127.0.0.1:1234"), what it has said so far, and a function that ends it.
export async function serve(program) {
  const folder = mkdtempSync(join(tmpdir(), 'orpheus-'));
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ORPHEUS_')));
  assert.equal(spawnSync(program, ['synth-voice', join(folder, 'voice')], { env: environment }).status, 0);
  const server = spawn(program, ['serve', '--port', '0', '--threads', '1', '--model', join(folder, 'voice', 'lm.gguf'),
    '--codec', join(folder, 'voice', 'codec.gguf')], {
    env: { ...environment, XDG_DATA_HOME: folder, ORPHEUS_SERVER_KEYS: key }, stdio: ['ignore', 'ignore', 'pipe'],
  });
  const serving = { address: '', said: '' };
  serving.stop = () => {
    server.removeAllListeners('exit');
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  serving.address = await new Promise((resolve, reject) => {
    server.on('exit', () => reject(new Error(`the server ended: ${serving.said}`)));
    server.stderr.on('data', (bytes) => {
      serving.said += bytes;
      const found = serving.said.match(/serving .* at (http:\/\/\S+)\n/);
      if (found) resolve(found[1]);
    });
  });
  return serving;
}
