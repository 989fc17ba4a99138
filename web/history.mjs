// The speeches stored in this browser (IndexedDB). If the browser stores none (a private window), they last as long as the page.

const most = 100;
const mostBytes = 256 * 2 ** 20;

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

function openDatabase() {
  const request = indexedDB.open('orpheus', 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('speeches', { keyPath: 'id', autoIncrement: true });
    request.result.createObjectStore('sounds');
  };
  return done(request);
}

export class History {
  #database = null;
  #memory = new Map();
  #next = 1;
  isKept = false;

  async open() {
    try {
      this.#database = await openDatabase();
      this.isKept = true;
    } catch { /* use #memory */ }
    return this;
  }

  #stores(mode) {
    const transaction = this.#database.transaction(['speeches', 'sounds'], mode);
    return [transaction.objectStore('speeches'), transaction.objectStore('sounds')];
  }

  // Lists the speeches, newest first, without their sound.
  async list() {
    if (!this.#database) return [...this.#memory.values()].map(({ entry }) => entry).reverse();
    const [speeches] = this.#stores('readonly');
    return (await done(speeches.getAll())).reverse();
  }

  // Returns { samples, file } if the speech is still stored.
  async sound(id) {
    if (!this.#database) return this.#memory.get(id)?.sound;
    const [, sounds] = this.#stores('readonly');
    const kept = await done(sounds.get(id));
    if (!kept) return undefined;
    const { buffer, file = null } = kept instanceof ArrayBuffer ? { buffer: kept } : kept; // earlier versions stored only samples
    return { samples: new Int16Array(buffer), file };
  }

  async add(entry, { samples, file = null }) {
    const bytes = samples.byteLength + (file?.chunks ?? []).reduce((sum, chunk) => sum + chunk.byteLength, 0);
    if (!this.#database) {
      this.#memory.set(this.#next, { entry: { ...entry, bytes, id: this.#next }, sound: { samples, file } });
      this.#next += 1;
    } else {
      const [speeches, sounds] = this.#stores('readwrite');
      const id = await done(speeches.add({ ...entry, bytes }));
      await done(sounds.put({ buffer: samples.buffer, file }, id));
    }
    let sum = 0;
    for (const [i, old] of (await this.list()).entries()) {
      sum += old.bytes;
      if (i > 0 && (i >= most || sum > mostBytes)) await this.remove(old.id);
    }
  }

  async remove(id) {
    if (!this.#database) return this.#memory.delete(id);
    const [speeches, sounds] = this.#stores('readwrite');
    return Promise.all([done(speeches.delete(id)), done(sounds.delete(id))]);
  }

  async clear() {
    if (!this.#database) return this.#memory.clear();
    const [speeches, sounds] = this.#stores('readwrite');
    return Promise.all([done(speeches.clear()), done(sounds.clear())]);
  }
}
