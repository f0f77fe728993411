// The board on the wall, to be read from the back of the room.

import { element } from './elements.js';
import { NEW, Records } from './records.js';
import { pause } from './sending.js';
import { WORDS, say } from './words.js';

const AGAIN = 600;          // milliseconds until what could not be fetched is tried again

// The wall: everything on one screen, in the largest type that fits; beyond that the newest, and how many more.
export class WallBoard {
  constructor(root, code) {
    this.root = root;
    this.code = code;
    this.records = new Records();
    this.cards = new Map();
    this.tiles = new Map();
    this.isFirst = true;
    this.closed = false;
    root.classList.add('wall-board');
    this.columns = element('div', 'tiles');
    root.replaceChildren(this.columns);
    new ResizeObserver(() => this.fit()).observe(root);
    this.heard = Number(document.body.dataset.board || 0);
    // the page's stream tells each revision; 0 where the stream is down and nobody knows
    document.addEventListener('board', ({ detail }) => { this.heard = detail; this.follow(detail === 0); });
    this.follow(true);
  }

  async follow(anyway = false) {
    if (this.busy) return;
    this.busy = true;
    let owed = anyway;
    while (!this.closed && (owed || (this.heard && this.heard !== this.records.revision))) {
      const { heard } = this;
      let update = null;
      try {
        const answer = await fetch(`/j/${this.code}/board.json?after=${this.records.revision}&heard=${heard}`, { cache: 'no-store', credentials: 'omit' });
        if (answer.ok) update = await answer.json();
      } catch { /* no network; tried again */ }
      if (!update) { await pause(AGAIN); continue; }
      owed = false;
      if (this.isFirst || update.revision !== this.records.revision) this.show(update);
      if (heard === this.heard) this.heard = update.revision;
    }
    this.busy = false;
  }

  show(update) {
    const changed = this.records.take(update);
    const { columns } = this.records.columns();
    for (const [key, card] of this.cards) if (!this.records.notes.has(key)) { card.remove(); this.cards.delete(key); }
    const isLong = columns.size > 1;
    for (const [key, lying] of columns) {
      if (key === NEW && isLong && !lying.length) { this.removeTile(key); continue; }
      if (!this.tiles.has(key)) this.tiles.set(key, this.newTile(key));
      const { title, count, cards } = this.tiles.get(key);
      title.textContent = this.records.titleOf(key);
      count.textContent = lying.length;
      // among the new notes the newest come first, so that what was just written is seen; clusters as they lie
      const order = key === NEW ? [...lying].reverse() : lying;
      let child = cards.firstElementChild;
      for (const note of order) {
        let card = this.cards.get(note.id);
        if (!card) {
          card = element('li', this.isFirst ? 'card' : 'card arriving');
          this.cards.set(note.id, card);
          this.fill(card, note);
        } else if (changed.has(note.id)) this.fill(card, note);
        if (child === card) child = child.nextElementSibling;
        else cards.insertBefore(card, child);
      }
    }
    for (const key of this.tiles.keys()) if (!columns.has(key)) this.removeTile(key);
    for (const key of columns.keys()) if (this.tiles.has(key)) this.columns.append(this.tiles.get(key).box);
    this.isFirst = false;
    this.fit();
  }

  removeTile(key) {
    if (this.tiles.has(key)) { this.tiles.get(key).box.remove(); this.tiles.delete(key); }
  }

  newTile(key) {
    const box = element('section', 'tile');
    const head = element('div', 'head');
    const title = element('h3');
    title.dir = 'auto';
    const count = element('span', 'count');
    const more = element('span', 'rest');
    const cards = element('ul', 'cards');
    cards.dataset.empty = WORDS.empty;
    if (key === NEW) box.classList.add('new');
    head.append(title, count, more);
    box.append(head, cards);
    return { box, title, count, more, cards };
  }

  fill(card, note) {
    const { words } = this.records;
    card.dataset.group = note.group || '';
    card.classList.toggle('chosen', note.chosen);
    const text = element('p', 'words', note.text);
    text.dir = 'auto';
    const foot = element('p', 'group');
    foot.append(element('span', 'swatch'), element('span', '', words.group[note.group] || words.kind[note.kind]));
    if (note.chosen) foot.append(element('span', 'star', `★ ${WORDS.chosen}`));
    if (note.dots) foot.append(element('span', 'dots', `● ${note.dots === 1 ? WORDS.dot : say(WORDS.dots, { count: note.dots })}`));
    if (note.voices > 1) foot.append(element('span', '', say(WORDS.voices, { count: note.voices })));
    card.replaceChildren(text, foot);
  }

  fit() {
    if (!this.tiles.size || !this.root.clientWidth) return;
    const count = this.tiles.size;
    const isWide = this.root.clientWidth > 700;
    const rows = !isWide ? count : count <= 5 ? 1 : count <= 12 ? 2 : Math.ceil(count / 8);
    this.columns.style.gridTemplateColumns = `repeat(${Math.ceil(count / rows)}, minmax(0, 1fr))`;
    this.columns.style.gridTemplateRows = isWide ? `repeat(${rows}, minmax(0, 1fr))` : 'none';
    let low = 0;
    const sizes = [2.6, 2.2, 1.9, 1.65, 1.45, 1.3, 1.2];   // hundredths of the board's width
    let high = sizes.length - 1;
    const set = (step) => { this.root.style.setProperty('--size', `${Math.max(11, sizes[step] * this.root.clientWidth / 100)}px`); };
    while (low < high) {
      const middle = (low + high) >> 1;
      set(middle);
      if (this.overflows()) low = middle + 1; else high = middle;
    }
    set(high);
    this.countRest();
  }

  overflows() {
    return [...this.tiles.values()].some(({ cards }) => cards.scrollWidth > cards.clientWidth + 2 || cards.scrollHeight > cards.clientHeight + 2);
  }

  countRest() {
    for (const { cards, more } of this.tiles.values()) {
      const edge = cards.getBoundingClientRect();
      let rest = 0;
      for (const card of cards.children) {
        const at = card.getBoundingClientRect();
        if (at.left >= edge.right - 4 || at.top >= edge.bottom - 4 || at.right > edge.right + 4) rest += 1;
      }
      more.textContent = rest ? say(WORDS.more, { count: rest }) : '';
    }
  }

  close() { this.closed = true; }
}
