// Moving notes: by one step, by dragging, undo, and merging.

import { AskingBoard } from './asking.js';
import { button, element } from './elements.js';
import { NEW } from './records.js';
import { WORDS, say, short } from './words.js';

const HOLD = 260;           // milliseconds a finger rests on a note before it is lifted

export class MovingBoard extends AskingBoard {
  async move(key, column, below, isUndo = false) {
    const at = this.whereIs(key);
    const note = this.records.notes.get(key);
    if (!at || !note) return;
    const from = { key, column: at.column, below: at.row ? at.lying[at.row - 1].id : null };
    if (from.column === column && from.below === below) return;
    const cluster = column === NEW ? null : column;
    this.records.moving.set(key, { cluster, position: this.records.between(column, below, key) });
    this.setUndo(isUndo ? null : from);
    this.draw(new Set());
    this.focusNote(key);
    const now = this.whereIs(key);
    this.announce(isUndo ? WORDS.undone
      : say(WORDS.movedTo, { column: this.records.titleOf(column), place: now.row + 1, count: now.lying.length }));
    const problem = await this.sender.send({ do: 'move', note: key, cluster, below });
    if (!problem) return;
    this.records.moving.delete(key);
    this.setUndo(null);
    this.draw(new Set());
    this.complain(problem);
  }

  toEnd(key, column) {
    const lying = this.lying.get(column).filter((note) => note.id !== key);
    this.move(key, column, lying.length ? lying[lying.length - 1].id : null);
  }

  step(key, way) {
    const at = this.whereIs(key);
    const { lying } = at;
    if (way === 'ArrowUp' && at.row > 0) this.move(key, at.column, at.row > 1 ? lying[at.row - 2].id : null);
    else if (way === 'ArrowDown' && at.row < lying.length - 1) this.move(key, at.column, lying[at.row + 1].id);
    else {
      const columns = [...this.lying.keys()];
      const beside = columns[columns.indexOf(at.column) + ({ ArrowLeft: -1, ArrowRight: 1 }[way] || NaN)];
      if (beside) this.toEnd(key, beside);
      else this.announce(WORDS.edge);
    }
  }

  setUndo(from) {
    this.lastMove = from;
    this.undoer.disabled = !from;
  }

  undo() {
    const from = this.lastMove;
    if (!from) return;
    const column = this.lying.has(from.column) ? from.column : NEW;
    this.move(from.key, column, from.below, true);
  }

  startMerge(key) {
    this.merging = key;
    const note = this.records.notes.get(key);
    this.cards.get(key).classList.add('merging');
    this.root.classList.add('choosing');
    const sentence = say(WORDS.merging, { text: short(note.text) });
    this.mergeBar.replaceChildren(element('span', '', sentence), button('plain', WORDS.cancel, () => this.endMerge()));
    this.mergeBar.hidden = false;
    this.announce(sentence);
    this.focusNote(key);
  }

  endMerge() {
    const card = this.cards.get(this.merging);
    if (card) card.classList.remove('merging');
    this.root.classList.remove('choosing');
    this.merging = null;
    this.mergeBar.hidden = true;
  }

  async mergeInto(key) {
    const note = this.merging;
    if (!note || note === key) return;
    this.endMerge();
    this.focusNote(key);
    await this.change({ do: 'merge', note, into: key }, WORDS.merged);
  }

  pressed(event) {
    const card = event.target.closest('.card');
    this.justDragged = false;
    if (!card || event.button !== 0 || this.merging || this.isOver() || event.target.closest('.more, input')) return;
    this.stopDrag();
    this.drag = {
      key: card.dataset.note, pointer: event.pointerId, x: event.clientX, y: event.clientY,
      startX: event.clientX, startY: event.clientY, ghost: null,
    };
    if (event.pointerType !== 'mouse') this.drag.hold = setTimeout(() => this.lift(), HOLD);
  }

  dragged(event) {
    const { drag } = this;
    if (!drag || event.pointerId !== drag.pointer) return;
    drag.x = event.clientX;
    drag.y = event.clientY;
    if (drag.ghost) return;
    const way = Math.hypot(drag.x - drag.startX, drag.y - drag.startY);
    if (drag.hold) { if (way > 8) this.stopDrag(); } else if (way > 4) this.lift();
  }

  lift() {
    const { drag } = this;
    const card = drag && this.cards.get(drag.key);
    if (!card) return;
    this.closeMenu(false);
    const at = card.getBoundingClientRect();
    drag.dx = drag.startX - at.left;
    drag.dy = drag.startY - at.top;
    drag.ghost = card.cloneNode(true);
    drag.ghost.className = 'card ghost';
    drag.ghost.removeAttribute('data-note');
    drag.ghost.style.width = `${at.width}px`;
    this.layer.append(drag.ghost);
    this.layer.showPopover();
    card.classList.add('lifted');
    this.root.classList.add('dragging');
    try { this.columns.setPointerCapture(drag.pointer); } catch { /* the finger has left already */ }
    this.announce(WORDS.lifted);
    drag.frame = requestAnimationFrame(() => this.tick());
  }

  // Once per frame: first everything is read, then written, so that nothing is laid out twice.
  tick() {
    const { drag } = this;
    if (!drag || !drag.ghost) return;
    const target = this.targetAt(drag.x, drag.y);
    const edge = this.columns.getBoundingClientRect();
    const list = target && this.lists.get(target.column).cards;
    const within = list && list.getBoundingClientRect();
    drag.target = target || drag.target;
    const speed = (at, from, to) => (at < from + 48 ? Math.max(-18, (at - from - 48) / 3) : at > to - 48 ? Math.min(18, (at - to + 48) / 3) : 0);
    const sideways = speed(drag.x, edge.left, edge.right);
    const upright = within ? speed(drag.y, within.top, within.bottom) : 0;
    if (sideways) this.columns.scrollLeft += sideways;
    if (upright) list.scrollTop += upright;
    drag.ghost.style.transform = `translate3d(${drag.x - drag.dx}px, ${drag.y - drag.dy}px, 0) rotate(1.5deg)`;
    if (target) {
      this.gap.style.transform = `translate3d(${within.left + 4}px, ${Math.max(within.top + 2, Math.min(target.line, within.bottom - 4))}px, 0)`;
      const width = `${within.width - 8}px`;
      if (this.gap.style.width !== width) this.gap.style.width = width;
    }
    drag.frame = requestAnimationFrame(() => this.tick());
  }

  targetAt(x, y) {
    const edge = this.columns.getBoundingClientRect();
    const inside = Math.max(edge.left + 1, Math.min(x, edge.right - 1));
    const height = Math.max(edge.top + 1, Math.min(y, edge.bottom - 1));
    const hit = this.columns.getRootNode().elementFromPoint(inside, height);
    const box = hit && hit.closest && hit.closest('.column');
    if (!box) return null;
    const { column } = box.dataset;
    const { cards } = this.lists.get(column);
    let card = hit.closest('.card');
    if (!card) {   // the space between two notes, or below the last
      const shown = this.shownCards(cards);
      const last = shown[shown.length - 1];
      if (!last) return { column, below: null, line: cards.getBoundingClientRect().top + 4 };
      const end = last.getBoundingClientRect();
      if (height >= end.bottom) return { column, below: last.dataset.note, line: end.bottom + 3 };
      const near = this.columns.getRootNode().elementFromPoint(inside, Math.max(height - 10, cards.getBoundingClientRect().top + 12));
      card = (near && near.closest && near.closest('.card')) || shown[0];
    }
    const at = card.getBoundingClientRect();
    const isBelow = height > at.top + at.height / 2;
    let above = isBelow ? card : card.previousElementSibling;
    while (above && (above.hidden || above.dataset.note === this.drag.key)) above = above.previousElementSibling;
    return { column, below: above ? above.dataset.note : null, line: isBelow ? at.bottom + 3 : at.top - 5 };
  }

  shownCards(cards) {
    const shown = [];
    for (let card = cards.lastElementChild; card && !shown.length; card = card.previousElementSibling) {
      if (!card.hidden && card.dataset.note !== this.drag.key) shown.unshift(card);
    }
    return shown;
  }

  released(event) {
    const { drag } = this;
    if (!drag || event.pointerId !== drag.pointer) return;
    const isDrag = Boolean(drag.ghost);
    const { target, key } = drag;
    this.stopDrag();
    if (!isDrag) return;
    this.justDragged = true;
    setTimeout(() => { this.justDragged = false; }, 0);
    if (target && this.lying.has(target.column) && this.whereIs(key)) this.move(key, target.column, target.below);
  }

  abandoned(event) { if (this.drag && event.pointerId === this.drag.pointer) this.stopDrag(); }

  stopDrag() {
    const { drag } = this;
    if (!drag) return;
    this.drag = null;
    clearTimeout(drag.hold);
    cancelAnimationFrame(drag.frame);
    if (drag.ghost) {
      drag.ghost.remove();
      this.layer.hidePopover();
      this.root.classList.remove('dragging');
    }
    const card = this.cards.get(drag.key);
    if (card) card.classList.remove('lifted');
  }
}
