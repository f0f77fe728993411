// Sends changes to the server one at a time, retrying each until it is accepted or refused.

import { WORDS, say } from './words.js';

const RETRY = [300, 700, 1500, 3000];

// Version 4; crypto.randomUUID is missing where the lab is served without TLS in a local network.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export const pause = (time) => new Promise((done) => { setTimeout(done, time); });

export class Sender {
  constructor(board, address) {
    this.board = board;
    this.address = address;
    this.waiting = [];
    this.busy = false;
    this.token = '';
  }

  // Answers with the problem in words, or with nothing once the change is stored.
  send(change) {
    const again = change.do === 'move' && this.waiting.find((each, place) => place > 0
      && each.change.do === 'move' && each.change.note === change.note);
    if (again) { again.change = change; return again.answer; }
    const entry = { change };
    entry.answer = new Promise((tell) => { entry.tell = tell; });
    this.waiting.push(entry);
    this.work();
    return entry.answer;
  }

  async work() {
    if (this.busy) return;
    this.busy = true;
    let tries = 0;
    while (this.waiting.length && !this.board.closed) {
      const entry = this.waiting[0];
      let problem = null;
      try {
        problem = await this.post(entry.change);
      } catch {
        tries += 1;
        this.board.complain(say(WORDS.away, { count: this.waiting.length }), 'away');
        await pause(RETRY[Math.min(tries, RETRY.length) - 1]);
        continue;
      }
      if (tries) this.board.complain('', 'away');
      tries = 0;
      this.waiting.shift();
      entry.tell(problem);
    }
    this.busy = false;
  }

  async post(change) {
    const answer = await fetch(`${this.address}/board`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-Form-Token': this.token },
      body: JSON.stringify({ changes: [change], after: this.board.records.revision }),
    });
    if (answer.redirected) return WORDS.signedOut;
    if (answer.status >= 500) throw new Error('busy');
    const update = await answer.json();
    if (!answer.ok) return update.problem || String(answer.status);
    if (change.do === 'move' && !this.waiting.some((each, place) => place > 0 && each.change.do === 'move'
      && each.change.note === change.note)) this.board.records.moving.delete(change.note);
    this.board.show(update);
    return null;
  }
}
