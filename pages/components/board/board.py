"""The board: columns of cards that can be dragged, or moved by menu and keyboard.

Why a component of ours: Streamlit has no drag and drop, and the packages that add it offer neither a keyboard
way nor stable focus. It is plain HTML, CSS and JavaScript, so nothing has to be built.

The browser never moves a card by itself. It asks, shows that it is waiting, and redraws what the server says
next: whether a card may move is decided at the gate, not on the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import streamlit as st

RiskLevel = Literal["calm", "watch", "at_risk", "critical"]
Ageing = Literal["fresh", "older", "old"]


@dataclass(frozen=True)
class BoardCard:
    """One project as the board shows it."""

    id: str
    title: str
    sponsor: str
    place: str
    risk_level: RiskLevel | None
    """None where nothing has been assessed yet: then there is no chip."""
    risk_word: str
    days_since_news: int | None
    """Whole days, 0 or more; None when the people have never been told anything."""
    next_promise: str
    """In words, such as "Next promise 12 Mar" or "Promise 9 days late"; empty for none."""
    next_promise_late: bool
    note: str
    """A short word such as "paused"; empty for none."""
    ageing: Ageing
    closed: bool
    """A closed card does not age."""


@dataclass(frozen=True)
class BoardColumn:
    """One stage with its goal. `total` may exceed the cards given; the column then says so."""

    id: str
    title: str
    goal: str
    total: int
    cards: tuple[BoardCard, ...]


@dataclass(frozen=True)
class BoardAction:
    """What somebody asked for. `column_id` is the wished column of a move, None for an opening."""

    kind: Literal["move", "open"]
    card_id: str
    column_id: str | None


WORDS: dict[str, str] = {
    "board": "Board",
    "empty": "Nothing here",
    "partial": "Showing {shown} of {total}",
    "projects": "{total} projects",
    "one_project": "1 project",
    "move": "Move to…",
    "move_card": "Move {title} to…",
    "menu": "Move to",
    "asked": "Moved to {column}: waiting for the gate",
    "waiting": "To {column}: waiting for the gate",
    "settled": "{title} is now in {column}",
    "edge": "There is no further column",
    "unanswered": "No answer yet. {title} stays in {column}",
    "hint": "Drag a card, or press “Move to…” on it. Keys: arrows walk, Enter opens, M lists the columns, "
    "Alt + Shift + left or right moves.",
    "hint_read_only": "Keys: arrows walk, Enter opens.",
    "closed": "closed",
}
"""Every sentence of the board except the two below that need a plural."""

HTML = """
<div class="board" role="group">
  <div class="frame"><div class="columns"></div></div>
  <p class="hint"></p>
  <div class="menu" role="menu" popover="manual"></div>
  <div class="announce" role="status" aria-live="polite"></div>
</div>
"""

CSS = """
:host { display: block; }
.board {
  --quiet: color-mix(in srgb, var(--st-text-color) 72%, var(--st-background-color));
  --line: color-mix(in srgb, var(--st-text-color) 16%, var(--st-background-color));
  --lane: color-mix(in srgb, var(--st-text-color) 4.5%, var(--st-background-color));
  --face: var(--st-background-color);
  --tint: color-mix(in srgb, var(--st-primary-color) 10%, var(--st-background-color));
  --round: min(var(--st-base-radius, 0.5rem), 0.75rem);
  color: var(--st-text-color);
  font-family: var(--st-font, sans-serif);
  font-size: 0.875rem;
  line-height: 1.4;
}
*, *::before, *::after { box-sizing: border-box; }
h3, p, ul { margin: 0; padding: 0; }
.frame { container-type: inline-size; }
.columns {
  display: grid;
  grid-auto-flow: column;
  grid-auto-columns: minmax(0, 1fr);
  gap: 0.75rem;
  padding: 3px;
}
.column {
  display: flex;
  flex-direction: column;
  gap: 0.625rem;
  min-width: 0;
  min-height: 12rem;
  padding: 0.75rem 0.625rem;
  background: var(--lane);
  border: 1px solid transparent;
  border-radius: calc(var(--round) + 0.25rem);
  transition: background-color 120ms, border-color 120ms;
}
.columns.dragging .column.target {
  border: 1px dashed color-mix(in srgb, var(--st-primary-color) 55%, var(--line));
}
.columns.dragging .column.over {
  background: var(--tint);
  border: 1px solid var(--st-primary-color);
  box-shadow: inset 0 0 0 1px var(--st-primary-color);
}
.head { padding: 0 0.25rem; }
.name { display: flex; align-items: center; justify-content: space-between; gap: 0.5rem; }
h3 {
  font-family: var(--st-heading-font, inherit);
  font-size: 0.9375rem;
  font-weight: 650;
  line-height: 1.3;
  overflow-wrap: anywhere;
}
.count {
  min-width: 1.625rem;
  padding: 0.0625rem 0.5rem;
  border-radius: 1rem;
  background: var(--line);
  font-size: 0.75rem;
  font-weight: 600;
  font-variant-numeric: tabular-nums;
  text-align: center;
}
.goal { margin-top: 0.25rem; color: var(--quiet); font-size: 0.8125rem; overflow-wrap: anywhere; }
ul { display: flex; flex-direction: column; gap: 0.5rem; list-style: none; }
.empty, .partial { padding: 0.5rem 0.25rem; color: var(--quiet); font-size: 0.8125rem; }
.card {
  position: relative;
  display: flex;
  flex-direction: column;
  gap: 0.375rem;
  min-width: 0;
  padding: 0.75rem 0.75rem 0.5rem;
  background: var(--face);
  border: 1px solid var(--line);
  border-radius: var(--round);
  box-shadow: 0 1px 2px rgb(0 0 0 / 0.05);
  cursor: pointer;
  overflow: hidden;
  scroll-margin: 5rem 0.5rem;
  transition: border-color 120ms, box-shadow 120ms;
}
.card[draggable=true] { cursor: grab; }
.card:has(.title:focus-visible) { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.card.closed { background: transparent; box-shadow: none; }
.card.lifted { opacity: 0.45; }
.title {
  margin-block: -0.1875rem;
  padding-block: 0.1875rem;
  font-weight: 600;
  line-height: 1.35;
  outline: none;
  overflow-wrap: anywhere;
}
@media (hover: hover) {
  .card:hover {
    border-color: color-mix(in srgb, var(--st-text-color) 38%, var(--face));
    box-shadow: 0 2px 8px rgb(0 0 0 / 0.09);
  }
  .card:hover .title { text-decoration: underline 1px; text-underline-offset: 2px; }
}
.people, .fact { font-size: 0.8125rem; color: var(--quiet); overflow-wrap: anywhere; }
.chips { display: flex; flex-wrap: wrap; gap: 0.375rem; }
.chip {
  display: inline-flex;
  align-items: center;
  gap: 0.375rem;
  padding: 0.0625rem 0.5rem;
  border: 1px solid var(--line);
  border-radius: 1rem;
  font-size: 0.75rem;
  font-weight: 600;
  overflow-wrap: anywhere;
}
.chip svg { flex: none; width: 0.625rem; height: 0.625rem; fill: currentColor; }
.calm, .watch, .at_risk, .critical {
  color: color-mix(in srgb, var(--hue) 62%, var(--st-text-color));
  background: color-mix(in srgb, var(--hue) 13%, var(--face));
  border-color: color-mix(in srgb, var(--hue) 35%, var(--face));
}
.calm { --hue: var(--st-green-color); }
.watch { --hue: var(--st-blue-color); }
.at_risk { --hue: var(--st-orange-color); }
.critical { --hue: var(--st-red-color); }
.fact { display: flex; align-items: baseline; gap: 0.375rem; }
.fact svg { flex: none; width: 0.75rem; height: 0.75rem; fill: none; stroke: currentColor; stroke-width: 1.5;
  transform: translateY(0.1rem); }
.fact.older { color: var(--st-text-color); }
.fact.old { color: var(--st-text-color); font-weight: 650; }
.fact.late { color: color-mix(in srgb, var(--st-red-color) 62%, var(--st-text-color)); font-weight: 650; }
.foot { display: flex; justify-content: flex-end; margin: 0 -0.375rem; }
button { font: inherit; color: inherit; cursor: pointer; }
.mover {
  min-height: 1.75rem;
  padding: 0 0.5rem;
  border: 1px solid transparent;
  border-radius: var(--round);
  background: transparent;
  color: var(--quiet);
  font-size: 0.8125rem;
  font-weight: 500;
}
.mover:hover, .mover[aria-expanded=true] {
  background: var(--lane);
  border-color: var(--line);
  color: var(--st-text-color);
}
.mover:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: -1px; }
.waiting { display: none; font-size: 0.8125rem; font-weight: 600; }
.card[aria-busy=true] .waiting { display: block; }
.card[aria-busy=true] { border-style: dashed; cursor: progress; }
.card[aria-busy=true] > :not(.waiting) { opacity: 0.6; }
.card[aria-busy=true]::after {
  content: "";
  position: absolute;
  inset: auto auto 0 0;
  width: 40%;
  height: 2px;
  background: var(--st-primary-color);
  animation: wait 1.1s ease-in-out infinite alternate;
}
@keyframes wait { from { transform: translateX(0); } to { transform: translateX(150%); } }
.menu {
  position: fixed;
  inset: auto;
  margin: 0;
  display: none;
  width: max-content;
  min-width: 12rem;
  max-width: min(20rem, calc(100vw - 1rem));
  max-height: calc(100vh - 1rem);
  overflow-y: auto;
  padding: 0.375rem;
  background: var(--face);
  color: inherit;
  border: 1px solid var(--line);
  border-radius: calc(var(--round) + 0.125rem);
  box-shadow: 0 8px 28px rgb(0 0 0 / 0.22);
  z-index: 1000;
}
.menu.open { display: block; }
.menu p { padding: 0.25rem 0.625rem; color: var(--quiet); font-size: 0.75rem; font-weight: 600; }
.menu button {
  display: block;
  width: 100%;
  min-height: 2.375rem;
  padding: 0.25rem 0.625rem;
  border: 0;
  border-radius: var(--round);
  background: transparent;
  text-align: start;
  overflow-wrap: anywhere;
}
.menu button:hover, .menu button:focus { background: var(--tint); }
.menu button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: -2px; }
.hint { margin: 0.5rem 0.375rem 0; color: var(--quiet); font-size: 0.8125rem; }
.announce {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
@container (max-width: 56rem) {
  .columns {
    grid-auto-columns: minmax(15rem, 44%);
    overflow-x: auto;
    overscroll-behavior-x: contain;
    scroll-snap-type: x mandatory;
    scroll-padding-inline: 3px;
    padding-bottom: 0.5rem;
  }
  .columns.dragging { scroll-snap-type: none; }
  .column { scroll-snap-align: start; }
}
@container (max-width: 40rem) {
  .columns { grid-auto-columns: 86%; }
  .mover { min-height: 2.5rem; padding: 0 0.75rem; border-color: var(--line); }
  .foot { margin: 0.125rem -0.125rem 0.125rem 0; }
}
@media (hover: none) {
  .hint { display: none; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { transition: none !important; animation: none !important; }
}
@media (forced-colors: active) {
  .chip, .card, .column { border: 1px solid; }
}
"""

JAVASCRIPT = """
const SHAPES = {
  calm: 'M5 0a5 5 0 1 0 0 10a5 5 0 1 0 0-10z',
  watch: 'M5 0L10 5L5 10L0 5z',
  at_risk: 'M5 0.5L10 9.5H0z',
  critical: 'M0 0H10V10H0z',
  clock: 'M6 1a5 5 0 1 0 0 10a5 5 0 1 0 0-10zM6 3.2V6l2 1.4',
  flag: 'M2.5 11.5V1h7L7.6 3.7L9.5 6.4h-7',
};
const ANSWER_WITHIN = 20000;   // milliseconds before the waiting mark is taken away again
const boards = new WeakMap();

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function shape(name, size) {
  const space = 'http://www.w3.org/2000/svg';
  const drawing = document.createElementNS(space, 'svg');
  drawing.setAttribute('viewBox', `0 0 ${size} ${size}`);
  drawing.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', SHAPES[name]);
  drawing.append(path);
  return drawing;
}

// A function as replacement: in a plain string "$&" in somebody's title would be taken as a pattern.
function say(sentence, values) {
  return sentence.replace(/[{](\\w+)[}]/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

class Board {
  constructor(root) {
    this.root = root;
    this.columns = root.querySelector('.columns');
    this.menu = root.querySelector('.menu');
    this.announcer = root.querySelector('.announce');
    this.data = null;
    this.later = null;      // data that arrived during a drag; redrawing then would end the drag
    this.pending = null;    // the move the server has not answered yet
    this.wish = null;       // the last move asked for, until the card is seen in another column
    this.dragged = null;
    this.current = null;    // the one card in the tab order
    this.opened = null;     // card whose menu is open
    this.closing = null;
    this.columns.addEventListener('click', (event) => this.clicked(event));
    this.columns.addEventListener('keydown', (event) => this.keyed(event));
    this.columns.addEventListener('focusin', (event) => this.focused(event));
    this.columns.addEventListener('dragstart', (event) => this.lift(event));
    this.columns.addEventListener('dragover', (event) => this.hover(event));
    this.columns.addEventListener('dragleave', (event) => this.leave(event));
    this.columns.addEventListener('drop', (event) => this.drop(event));
    this.columns.addEventListener('dragend', () => this.endDrag());
    this.menu.addEventListener('keydown', (event) => this.menuKeyed(event));
  }

  update(data, send) {
    this.send = send;
    if (this.dragged) { this.later = data; return; }
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
    this.columns.replaceChildren(...columns.map((column, index) => this.drawColumn(column, index)));
    this.columns.scrollLeft = sideways;
    if (this.opened) {
      const face = this.faceOf(this.opened);
      if (face && !readOnly) face.querySelector('.mover').setAttribute('aria-expanded', 'true');
      else this.closeMenu(false);
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

  drawColumn(column, index) {
    const { words } = this.data;
    const box = element('section', 'column');
    box.dataset.column = column.id;
    const head = element('div', 'head');
    const name = element('div', 'name');
    const title = element('h3', '', column.title);
    title.id = `column-${index}`;
    box.setAttribute('aria-labelledby', title.id);
    const count = element('span', 'count', column.total);
    count.setAttribute('role', 'img');
    count.setAttribute('aria-label', say(column.total === 1 ? words.one_project : words.projects, column));
    name.append(title, count);
    head.append(name);
    if (column.goal) head.append(element('p', 'goal', column.goal));
    box.append(head);
    if (!column.cards.length) {
      box.append(element('p', 'empty', column.total
        ? say(words.partial, { shown: 0, total: column.total }) : words.empty));
      return box;
    }
    const list = element('ul');
    list.setAttribute('role', 'list');
    list.setAttribute('aria-labelledby', title.id);
    list.append(...column.cards.map((card) => this.drawCard(card)));
    box.append(list);
    if (column.total > column.cards.length) {
      const shown = column.cards.length;
      box.append(element('p', 'partial', say(words.partial, { shown, total: column.total })));
    }
    return box;
  }

  drawCard(card) {
    const { words, read_only: readOnly } = this.data;
    const face = element('li', card.closed ? 'card closed' : 'card');
    face.setAttribute('role', 'listitem');
    face.dataset.card = card.id;
    face.draggable = !readOnly;
    const reachable = card.id === this.current ? 0 : -1;
    // Not a <button>: Firefox starts no drag from inside one, and the title is most of the card.
    const title = element('div', 'title', card.title);
    title.setAttribute('role', 'button');
    if (!readOnly) title.setAttribute('aria-keyshortcuts', 'M Alt+Shift+ArrowLeft Alt+Shift+ArrowRight');
    title.tabIndex = reachable;
    face.append(title);
    const people = [card.sponsor, card.place].filter(Boolean).join(' · ');
    if (people) face.append(element('p', 'people', people));
    const chips = element('div', 'chips');
    if (card.risk_level) {
      const chip = element('span', `chip ${card.risk_level}`);
      chip.append(shape(card.risk_level, 10), element('span', '', card.risk_word));
      chips.append(chip);
    }
    const note = card.note || (card.closed ? words.closed : '');
    if (note) chips.append(element('span', 'chip', note));
    if (chips.childElementCount) face.append(chips);
    if (card.news) {
      const news = element('p', `fact ${card.ageing}`);
      news.append(shape('clock', 12), element('span', '', card.news));
      face.append(news);
    }
    if (card.next_promise) {
      const promise = element('p', card.next_promise_late ? 'fact late' : 'fact');
      promise.append(shape('flag', 12), element('span', '', card.next_promise));
      face.append(promise);
    }
    if (!readOnly) {
      const waiting = element('p', 'waiting');
      const foot = element('div', 'foot');
      const mover = element('button', 'mover', words.move);
      mover.type = 'button';
      mover.tabIndex = reachable;
      mover.setAttribute('aria-haspopup', 'menu');
      mover.setAttribute('aria-expanded', 'false');
      mover.setAttribute('aria-label', say(words.move_card, card));
      foot.append(mover);
      face.append(waiting, foot);
      if (this.pending && this.pending.card === card.id) this.markWaiting(face);
    }
    return face;
  }

  markWaiting(face) {
    face.setAttribute('aria-busy', 'true');
    face.querySelector('.waiting').textContent = say(this.data.words.waiting, { column: this.pending.title });
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
    this.markWaiting(this.faceOf(id));
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
      if (this.opened === id) this.closeMenu(true); else this.openMenu(id);
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
      this.openMenu(id);
    } else {
      taken = false;
    }
    if (taken) { event.preventDefault(); event.stopPropagation(); }
  }

  // ---- the menu ------------------------------------------------------------------------------------------

  openMenu(id) {
    this.closeMenu(false);
    const place = this.place(id);
    const mover = this.faceOf(id).querySelector('.mover');
    if (this.pending) return;
    const heading = element('p', '', this.data.words.menu);
    heading.setAttribute('role', 'presentation');
    this.menu.setAttribute('aria-label', say(this.data.words.move_card, place.card));
    const others = this.data.columns.filter((one) => one !== place.column);
    this.menu.replaceChildren(heading, ...others.map((column) => {
      const item = element('button', '', column.title);
      item.type = 'button';
      item.setAttribute('role', 'menuitem');
      item.tabIndex = -1;
      item.addEventListener('click', () => {
        this.closeMenu(true);
        const target = this.data.columns.find((one) => one.id === column.id);
        if (target) this.move(id, target);
      });
      return item;
    }));
    this.opened = id;
    mover.setAttribute('aria-expanded', 'true');
    mover.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.menu.classList.add('open');
    if (this.menu.showPopover) this.menu.showPopover();
    const anchor = mover.getBoundingClientRect();
    const size = this.menu.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const below = anchor.bottom + 4 + size.height <= window.innerHeight - 8;
    const top = below ? anchor.bottom + 4 : Math.max(8, anchor.top - 4 - size.height);
    this.menu.style.top = `${Math.min(top, Math.max(8, window.innerHeight - size.height - 8))}px`;
    this.menu.style.left = `${Math.max(8, Math.min(anchor.right - size.width, width - size.width - 8))}px`;
    const first = this.menu.querySelector('button');
    if (first) first.focus({ preventScroll: true });
    this.closing = new AbortController();
    const listen = { signal: this.closing.signal, capture: true };
    document.addEventListener('pointerdown', (event) => {
      const path = event.composedPath();
      const own = this.opened && this.faceOf(this.opened);
      const mine = own && own.querySelector('.mover');
      if (!path.includes(this.menu) && !path.includes(mine)) this.closeMenu(false);
    }, listen);
    window.addEventListener('resize', () => this.closeMenu(true), listen);
    document.addEventListener('wheel', (event) => {
      if (!event.composedPath().includes(this.menu)) this.closeMenu(true);
    }, { ...listen, passive: true });
  }

  closeMenu(giveBack) {
    if (!this.opened) return;
    const face = this.faceOf(this.opened);
    const id = this.opened;
    this.opened = null;
    this.closing.abort();
    this.menu.classList.remove('open');
    if (this.menu.hidePopover && this.menu.matches(':popover-open')) this.menu.hidePopover();
    if (!face) return;
    const mover = face.querySelector('.mover');
    if (mover) mover.setAttribute('aria-expanded', 'false');
    if (giveBack) this.focusCard(id, true);
  }

  menuKeyed(event) {
    const items = [...this.menu.querySelectorAll('button')];
    const at = items.indexOf(this.active());
    const steps = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1,
      Home: 0, End: items.length - 1 };
    event.stopPropagation();
    if (event.key in steps) items[(steps[event.key] + items.length) % items.length].focus();
    else if (event.key === 'Escape' || event.key === 'Tab') this.closeMenu(true);
    else return;
    event.preventDefault();
  }

  // ---- dragging ------------------------------------------------------------------------------------------

  lift(event) {
    const face = event.target.closest ? event.target.closest('.card') : null;
    if (!face || this.data.read_only || this.pending) { event.preventDefault(); return; }
    this.closeMenu(false);
    this.dragged = face.dataset.card;
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', face.querySelector('.title').textContent);
    // A moment later: what is changed right now would also be in the picture that follows the mouse.
    setTimeout(() => {
      if (!this.dragged) return;
      face.classList.add('lifted');
      this.columns.classList.add('dragging');
      const own = face.closest('.column');
      for (const box of this.columns.children) box.classList.toggle('target', box !== own);
    }, 0);
  }

  hover(event) {
    if (!this.dragged) return;
    const edge = this.columns.getBoundingClientRect();
    if (event.clientX < edge.left + 40) this.columns.scrollLeft -= 14;
    if (event.clientX > edge.right - 40) this.columns.scrollLeft += 14;
    const box = event.target.closest('.column');
    const target = box && box.dataset.column !== this.place(this.dragged).column.id ? box : null;
    for (const one of this.columns.children) one.classList.toggle('over', one === target);
    if (!target) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'move';
  }

  leave(event) {
    const edge = this.columns.getBoundingClientRect();
    const inside = event.clientX > edge.left && event.clientX < edge.right
      && event.clientY > edge.top && event.clientY < edge.bottom;
    if (!inside) for (const one of this.columns.children) one.classList.remove('over');
  }

  drop(event) {
    const box = event.target.closest('.column');
    if (!this.dragged || !box) return;
    event.preventDefault();
    const id = this.dragged;
    this.endDrag();
    const target = this.data.columns.find((column) => column.id === box.dataset.column);
    this.focusCard(id, true);
    if (target) this.move(id, target);
  }

  endDrag() {
    this.dragged = null;
    this.columns.classList.remove('dragging');
    for (const box of this.columns.children) box.classList.remove('over', 'target');
    for (const face of this.columns.querySelectorAll('.lifted')) face.classList.remove('lifted');
    if (this.later) {
      const data = this.later;
      this.later = null;
      this.update(data, this.send);
    }
  }
}

export default function (component) {
  const root = component.parentElement.querySelector('.board');
  if (!root || !component.data) return;
  if (!boards.has(root)) boards.set(root, new Board(root));
  boards.get(root).update(component.data, component.setTriggerValue);
}
"""

_mount = st.components.v2.component("followthrough_board", html=HTML, css=CSS, js=JAVASCRIPT)


def _news_in_words(card: BoardCard) -> str:
    """How long the people have been without news, so that ageing is read and not only seen."""
    if card.closed:
        return ""
    days = card.days_since_news
    if days is None:
        return "No news yet"
    if card.ageing == "fresh":
        return "News today" if days <= 0 else "News yesterday" if days == 1 else f"News {days} days ago"
    return "1 day without news" if days == 1 else f"{days} days without news"


def _for_browser(columns: Sequence[BoardColumn], *, answered: str | None, read_only: bool) -> dict[str, Any]:
    return {
        "columns": [
            {
                **asdict(column),
                "cards": [{**asdict(card), "news": _news_in_words(card)} for card in column.cards],
            }
            for column in columns
        ],
        "words": WORDS,
        "read_only": read_only,
        "answered": answered,
    }


def _action_from_browser(
    asked: dict[str, Any], columns: Sequence[BoardColumn], *, read_only: bool
) -> BoardAction | None:
    """What the browser asked for, or None if it names what this board does not show or may not do."""
    card_id, column_id = asked.get("card_id"), asked.get("column_id")
    home = next((column for column in columns if any(card.id == card_id for card in column.cards)), None)
    if home is None or not isinstance(card_id, str):
        return None
    if asked.get("kind") == "open":
        return BoardAction("open", card_id, None)
    if asked.get("kind") != "move" or read_only or column_id == home.id:
        return None
    if not isinstance(column_id, str) or all(column.id != column_id for column in columns):
        return None
    return BoardAction("move", card_id, column_id)


def _remember_request(key: str) -> Callable[[], None]:
    """A callback that notes which request has arrived: echoed back, it ends the waiting mark on the card."""

    def remember() -> None:
        asked = st.session_state[key].get("action")
        if isinstance(asked, dict):
            st.session_state[f"{key}.answered"] = str(asked.get("request", ""))

    return remember


def board(columns: Sequence[BoardColumn], *, key: str, read_only: bool = False) -> BoardAction | None:
    """Show the board and return what somebody just asked for, exactly once, else None.

    A move is a wish: nothing has moved until `columns` of a later run says so. `key` must be unique on the
    page; the board also keeps `<key>.answered` and `<key>.delivered` in the session. With `read_only` cards
    can be opened but not moved, whatever the browser sends.
    """
    result = _mount(
        key=key,
        data=_for_browser(columns, answered=st.session_state.get(f"{key}.answered"), read_only=read_only),
        on_action_change=_remember_request(key),
    )
    asked = result.action
    if not isinstance(asked, dict):
        return None
    request = str(asked.get("request", ""))
    # A run that is cut short by st.rerun() can see its trigger again; the request's own name settles it.
    if request == st.session_state.get(f"{key}.delivered"):
        return None
    st.session_state[f"{key}.delivered"] = request
    return _action_from_browser(asked, columns, read_only=read_only)
