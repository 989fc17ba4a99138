// Polls the server's state and shows it.
import { getJson, getText } from './api.mjs';
import { $ } from './elements.mjs';

const often = 1000; // ms between polls while the server is not ready
const seldom = 15_000;

const number = (metrics, name) => Number(metrics.match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1] ?? NaN);

export class Status {
  #timer = 0;
  #wasReady = false;
  facts = null;
  onready = () => {}; // called each time the server becomes ready
  onfacts = () => {};

  constructor() {
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.look(); });
    addEventListener('online', () => this.look());
  }

  async look() {
    clearTimeout(this.#timer);
    let ready = false;
    try {
      const { status } = await getJson('health');
      ready = status === 'ok';
      if (ready) await this.#showReady();
      else this.#show(status === 'stopping' ? 'stopping' : 'loading', status === 'stopping' ? 'Stopping' : 'Loading the voice…');
    } catch {
      this.#show('offline', 'Not reachable');
    }
    this.#wasReady = ready;
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.look(), ready ? seldom : often);
  }

  async #showReady() {
    if (!this.#wasReady) {
      this.facts = await getJson('web/facts');
      this.onfacts(this.facts);
      await this.onready();
    }
    const { model, device } = this.facts;
    const queue = await this.#queue();
    this.#show(queue ? 'speaking' : 'ready', [queue || 'Ready', model, device].filter(Boolean).join(' · '));
  }

  // Empty if there is no request, or if the metrics need a key.
  async #queue() {
    const metrics = await getText('metrics').catch(() => '');
    const running = number(metrics, 'orpheus_requests_running') || 0;
    const waiting = number(metrics, 'orpheus_requests_waiting') || 0;
    if (running + waiting === 0) return '';
    return `${running} speaking${waiting > 0 ? `, ${waiting} waiting` : ''}`;
  }

  #show(state, text) {
    $('status').dataset.state = state;
    if ($('status-text').textContent !== text) $('status-text').textContent = text;
    $('status').title = text;
  }

  forget() {
    this.#wasReady = false;
    return this.look();
  }
}
