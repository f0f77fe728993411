import { say } from './elements.js';
import { drawColumn, markWaiting } from './cards.js';
import { Menu } from './menu.js';
import { Dragging } from './dragging.js';

const ANSWER_WITHIN = 20000;   // milliseconds before the waiting mark is taken away again
const boards = new WeakMap();

class Board {
  constructor(root) {
    this.root = root;
    this.columns = root.querySelector('.columns');
    this.announcer = root.querySelector('.announce');
    this.data = null;
    this.pending = null;    // the move the server has not answered yet
    this.wish = null;       // the last move asked for, until the card is seen in another column
    this.current = null;    // the one card in the tab order
    this.columns.addEventListener('click', (event) => this.clicked(event));
    this.columns.addEventListener('keydown', (event) => this.keyed(event));
    this.columns.addEventListener('focusin', (event) => this.focused(event));
    this.menu = new Menu(root.querySelector('.menu'), this);
    this.dragging = new Dragging(this);
  }

  update(data, send) {
    this.send = send;
    if (this.dragging.card) { this.dragging.later = data; return; }
    this.data = data;
    if (this.pending && data.answered === this.pending.request) this.stopWaiting();
    const now = this.wish && this.place(this.wish.card);
    const moved = now && now.column.id !== this.wish.from;
    const asked = this.returning && data.answered === this.returning.request ? this.returning : null;
    this.draw();
    if (moved) {
      this.announce(say(data.words.settled, { title: now.card.title, column: now.column.title }));
      const id = this.wish.card;
      this.wish = null;
      this.stopWaiting();
      this.holdFocus(id);
    } else if (asked) {
      this.holdFocus(asked.card);
    }
    if (asked) this.returning = null;
  }

  // What the drawing of columns and cards depends on.
  get look() {
    const { words, read_only: readOnly } = this.data;
    return { words, readOnly, current: this.current, pending: this.pending };
  }

  place(id) {
    for (const column of this.data.columns) {
      const row = column.cards.findIndex((card) => card.id === id);
      if (row >= 0) return { column, row, card: column.cards[row] };
    }
    return null;
  }

  faceOf(id) {
    return [...this.columns.querySelectorAll('.card')].find((face) => face.dataset.card === id) || null;
  }

  active() { return this.root.getRootNode().activeElement; }

  announce(sentence) {
    // Emptied first, so that the same sentence twice is spoken twice.
    this.announcer.textContent = '';
    setTimeout(() => { this.announcer.textContent = sentence; }, 50);
  }

  // ---- drawing -------------------------------------------------------------------------------------------

  draw() {
    const { words, columns, read_only: readOnly, label } = this.data;
    const held = this.active();
    const heldFace = held && held.closest ? held.closest('.card') : null;
    const before = heldFace && {
      id: heldFace.dataset.card,
      column: heldFace.closest('.column').dataset.column,
      row: [...heldFace.parentElement.children].indexOf(heldFace),
      mover: held.classList.contains('mover'),
    };
    const sideways = this.columns.scrollLeft;
    this.root.setAttribute('aria-label', label || words.board);
    this.root.querySelector('.hint').textContent = readOnly ? words.hint_read_only : words.hint;
    if (!this.current || !this.place(this.current)) {
      const first = columns.find((column) => column.cards.length);
      this.current = first ? first.cards[0].id : null;
    }
    this.columns.replaceChildren(...columns.map((column, index) => drawColumn(column, index, this.look)));
    this.columns.scrollLeft = sideways;
    if (this.menu.opened) {
      const face = this.faceOf(this.menu.opened);
      if (face && !readOnly) face.querySelector('.mover').setAttribute('aria-expanded', 'true');
      else this.menu.close(false);
    }
    if (before) this.refocus(before);
  }

  refocus(before) {
    const place = this.place(before.id);
    if (place) {
      const face = this.faceOf(before.id);
      const stayed = place.column.id === before.column;
      const part = (before.mover && face.querySelector('.mover')) || face.querySelector('.title');
      part.focus({ preventScroll: stayed });
      if (!stayed) face.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      return;
    }
    const column = this.data.columns.find((one) => one.id === before.column && one.cards.length)
      || this.data.columns.find((one) => one.cards.length);
    if (column) this.focusCard(column.cards[Math.min(before.row, column.cards.length - 1)].id);
  }

  // ---- asking the server ---------------------------------------------------------------------------------

  ask(kind, card, column) {
    const request = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
    this.returning = { request, card };
    this.send('action', { kind, card_id: card, column_id: column, request });
    return request;
  }

  open(id) { this.ask('open', id, null); }

  move(id, target) {
    const place = this.place(id);
    if (!place || this.data.read_only || place.column.id === target.id || this.pending) return;
    this.wish = { card: id, from: place.column.id };
    this.pending = { card: id, title: target.title, request: this.ask('move', id, target.id) };
    this.pending.timer = setTimeout(() => {
      const now = this.place(id);
      const { words } = this.data;
      this.stopWaiting();
      if (now) this.announce(say(words.unanswered, { title: now.card.title, column: now.column.title }));
    }, ANSWER_WITHIN);
    markWaiting(this.faceOf(id), this.look);
    this.announce(say(this.data.words.asked, { column: target.title }));
  }

  stopWaiting() {
    if (!this.pending) return;
    clearTimeout(this.pending.timer);
    const face = this.faceOf(this.pending.card);
    if (face) face.removeAttribute('aria-busy');
    this.pending = null;
  }

  // ---- focus ---------------------------------------------------------------------------------------------

  focused(event) {
    const face = event.target.closest('.card');
    if (!face || face.dataset.card === this.current) return;
    const last = this.faceOf(this.current);
    if (last) for (const part of last.querySelectorAll('.title, .mover')) part.tabIndex = -1;
    for (const part of face.querySelectorAll('.title, .mover')) part.tabIndex = 0;
    this.current = face.dataset.card;
  }

  focusCard(id, quietly) {
    const face = this.faceOf(id);
    if (!face) return;
    face.querySelector('.title').focus({ preventScroll: true });
    if (!quietly) face.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  // A dialog of the server takes the focus away and, on closing, cannot give it back into a shadow tree.
  // So wait for it to go, and take the focus back only where nobody else has it.
  holdFocus(id) {
    clearInterval(this.watch);
    let quiet = 0;
    this.watch = setInterval(() => {
      if (!this.root.isConnected) { clearInterval(this.watch); return; }
      if (document.querySelector('[role=dialog]')) { quiet = 0; return; }
      quiet += 1;
      const holder = document.activeElement;
      if (!holder || holder === document.body) this.focusCard(id);
      if (quiet >= 6) clearInterval(this.watch);
    }, 120);
  }

  walk(id, key) {
    const place = this.place(id);
    if (!place) return;
    const cards = place.column.cards;
    const filled = this.data.columns.filter((column) => column.cards.length);
    const at = filled.indexOf(place.column);
    let next = null;
    if (key === 'ArrowUp') next = cards[place.row - 1];
    if (key === 'ArrowDown') next = cards[place.row + 1];
    if (key === 'Home') next = cards[0];
    if (key === 'End') next = cards[cards.length - 1];
    const beside = key === 'ArrowLeft' ? filled[at - 1] : key === 'ArrowRight' ? filled[at + 1] : null;
    if (beside) next = beside.cards[Math.min(place.row, beside.cards.length - 1)];
    if (next) this.focusCard(next.id);
  }

  // ---- mouse and keys ------------------------------------------------------------------------------------

  clicked(event) {
    const face = event.target.closest('.card');
    if (!face) return;
    const id = face.dataset.card;
    if (event.target.closest('.mover')) {
      if (this.menu.opened === id) this.menu.close(true); else this.menu.open(id);
      return;
    }
    const marked = document.getSelection();
    if (marked && !marked.isCollapsed && marked.containsNode(face, true)) return;
    this.focusCard(id, true);
    this.open(id);
  }

  keyed(event) {
    const face = event.target.closest('.card');
    if (!face || event.ctrlKey || event.metaKey) return;
    const id = face.dataset.card;
    const onTitle = event.target.classList.contains('title');
    const sideways = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    let taken = true;
    if (event.altKey && event.shiftKey && sideways && !this.data.read_only) {
      const target = this.data.columns[this.data.columns.indexOf(this.place(id).column) + sideways];
      if (event.repeat) taken = true;
      else if (target) this.move(id, target);
      else this.announce(this.data.words.edge);
    } else if (event.altKey || event.shiftKey) {
      taken = false;
    } else if (/^Arrow|^Home$|^End$/.test(event.key)) {
      this.walk(id, event.key);
    } else if (onTitle && (event.key === 'Enter' || event.key === ' ')) {
      if (!event.repeat) this.open(id);
    } else if (event.key.toLowerCase() === 'm' && !this.data.read_only) {
      this.menu.open(id);
    } else {
      taken = false;
    }
    if (taken) { event.preventDefault(); event.stopPropagation(); }
  }
}

export default function (component) {
  const root = component.parentElement.querySelector('.board');
  if (!root || !component.data) return;
  if (!boards.has(root)) boards.set(root, new Board(root));
  boards.get(root).update(component.data, component.setTriggerValue);
}
