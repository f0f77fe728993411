// The board in a host's console: it follows the server, and takes clicks, keys and choices from menus.

import { AlikePanel } from './alike.js';
import { ChoosingBoard } from './choosing.js';
import { button, element } from './elements.js';
import { NEW, Records } from './records.js';
import { Sender } from './sending.js';
import { WORDS, say, short } from './words.js';

export class HostBoard extends ChoosingBoard {
  constructor(root, workshop) {
    super();
    this.root = root;
    this.address = `/w/${workshop}`;
    this.records = new Records();
    this.sender = new Sender(this, this.address);
    this.cards = new Map();
    this.lists = new Map();
    this.current = null;      // the note that had the focus last
    this.merging = null;      // the note that is to be merged into another
    this.drag = null;
    this.lastMove = null;
    this.revealed = null;     // a cluster just asked for, to be scrolled to when it is there
    this.group = '';
    this.closed = false;
    this.buildSearch();
    this.alike = new AlikePanel(this);
    this.build();
    this.follow();
  }

  build() {
    const { root } = this;
    root.setAttribute('role', 'group');
    root.setAttribute('aria-label', WORDS.board);
    this.bar = element('div', 'bar');
    this.undoer = button('plain', WORDS.undo, () => this.undo());
    this.undoer.disabled = true;
    this.drawer = button('plain', '', () => this.openDrawer());
    this.waiting = button('main', '', () => this.change({ do: 'let_on_the_wall' }, WORDS.onTheWall));
    this.total = element('span', 'total');
    const filter = element('label', 'filter');
    this.filter = element('select');
    this.filter.setAttribute('aria-label', WORDS.filter);
    this.filter.addEventListener('change', () => { this.group = this.filter.value; this.applyFilter(); });
    filter.append(element('span', '', WORDS.filter), this.filter);
    this.bar.append(
      button('main', WORDS.addNote, () => this.askNote(NEW)), button('plain', WORDS.addCluster, () => this.askCluster()),
      this.undoer, this.waiting, this.alike.opener, this.search, filter, this.total, this.drawer,
    );
    for (const each of [...this.bar.querySelectorAll('button')].slice(0, 3)) each.classList.add('changes');
    this.alike.opener.classList.add('changes');
    this.says = element('div', 'says');
    this.says.setAttribute('role', 'alert');
    this.mergeBar = element('div', 'merge-bar');
    this.mergeBar.hidden = true;
    this.columns = element('div', 'columns');
    this.menu = element('div', 'menu');
    this.menu.setAttribute('role', 'menu');
    this.menu.setAttribute('popover', 'manual');
    this.layer = element('div', 'layer');
    this.layer.setAttribute('popover', 'manual');
    this.layer.setAttribute('aria-hidden', 'true');
    this.gap = element('div', 'gap');
    this.layer.append(this.gap);
    this.dialog = element('dialog', 'dialog');
    this.announcer = element('div', 'announce');
    this.announcer.setAttribute('aria-live', 'polite');
    this.announcer.setAttribute('role', 'status');
    const hint = element('p', 'hint');
    hint.append(element('span', 'keys', WORDS.hint), element('span', 'touch', WORDS.hintTouch));
    root.replaceChildren(this.bar, this.says, this.alike.box, this.mergeBar, this.choiceBar, this.columns, hint, this.menu, this.layer, this.dialog, this.announcer);
    const listen = (target, name, act, how) => target.addEventListener(name, act.bind(this), how);
    listen(this.columns, 'click', this.clicked);
    listen(this.columns, 'keydown', this.keyed);
    listen(this.columns, 'focusin', this.focused);
    listen(this.columns, 'pointerdown', this.pressed);
    listen(this.columns, 'pointermove', this.dragged);
    listen(this.columns, 'pointerup', this.released);
    listen(this.columns, 'pointercancel', this.abandoned);
    listen(this.columns, 'touchmove', (event) => { if (this.drag && this.drag.ghost) event.preventDefault(); }, { passive: false });
    listen(this.columns, 'contextmenu', (event) => { if (this.drag) event.preventDefault(); });
    listen(this.menu, 'keydown', this.menuKeyed);
    // Streamlit listens for single letters on the whole page; what is typed here is not meant for it.
    root.addEventListener('keydown', (event) => event.stopPropagation());
  }

  follow() {
    this.look();
    this.listen();
    this.looking = setInterval(() => {
      if (!this.root.isConnected) { this.close(); return; }
      const isOpen = this.events && this.events.readyState === EventSource.OPEN;
      if (!isOpen) this.look();
      if (this.events && this.events.readyState === EventSource.CLOSED) this.listen();
    }, 1000);
  }

  listen() {
    if (this.closed) return;
    if (this.events) this.events.close();
    this.events = new EventSource(`${this.address}/board/events`);
    this.events.onopen = () => this.look();
    this.events.onmessage = (event) => { if (Number(event.data) !== this.records.revision) this.look(); };
  }

  async look() {
    if (this.asking) { this.askAgain = true; return; }
    this.asking = true;
    try {
      const answer = await fetch(`${this.address}/board.json?after=${this.records.revision}`, {
        headers: { Accept: 'application/json' }, cache: 'no-store',
      });
      if (answer.redirected) this.complain(WORDS.signedOut, 'signed out');
      else if (answer.ok) {
        const update = await answer.json();
        this.sender.token = update.token;
        this.complain('', 'lost');
        this.complain('', 'signed out');
        this.show(update);
      } else if (answer.status < 500) this.complain((await answer.json()).problem);
      else this.complain(WORDS.lost, 'lost');
    } catch {
      if (!this.closed) this.complain(WORDS.lost, 'lost');
    }
    this.asking = false;
    if (this.askAgain) { this.askAgain = false; this.look(); }
  }

  close() {
    this.closed = true;
    clearInterval(this.looking);
    if (this.events) this.events.close();
    this.stopDrag();
  }

  clicked(event) {
    if (this.justDragged) { this.justDragged = false; return; }
    const card = event.target.closest('.card');
    const more = event.target.closest('.more');
    if (this.merging) {
      if (card) this.mergeInto(card.dataset.note);
      return;
    }
    if (card && !more && (event.ctrlKey || event.metaKey || event.shiftKey || this.chosenNotes.size) && !this.isOver()) {
      this.focusNote(card.dataset.note);
      this.toggleChosen(card.dataset.note);
      return;
    }
    if (more && card) this.openMenu(more, this.noteMenu(card.dataset.note), () => this.focusNote(card.dataset.note));
    else if (more) {
      const { column } = more.closest('.column').dataset;
      this.openMenu(more, this.clusterMenu(column), () => more.focus());
    } else if (card) this.focusNote(card.dataset.note);
  }

  keyed(event) {
    const card = event.target.closest('.card');
    if (this.isOver()) {
      if (card && /^Arrow|^Home$|^End$/.test(event.key)) { this.walk(card.dataset.note, event.key); event.preventDefault(); }
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z' && !event.target.closest('input')) {
      event.preventDefault();
      this.undo();
      return;
    }
    if (event.key === 'Escape' && this.drag) { this.stopDrag(); event.preventDefault(); return; }
    if (event.key === 'Escape' && this.chosenNotes.size && !this.merging) { this.chooseNone(); event.preventDefault(); return; }
    if (event.key === '/' && !event.target.closest('input')) { this.search.focus(); event.preventDefault(); return; }
    if (event.key === 'Escape' && this.merging) { this.endMerge(); event.preventDefault(); return; }
    if (!card || event.ctrlKey || event.metaKey) return;
    const key = card.dataset.note;
    const note = this.records.notes.get(key);
    const isOnWords = event.target.classList.contains('words');
    const letter = event.key.toLowerCase();
    const keys = {
      m: () => this.openMenu(card.querySelector('.more'), this.moveMenu(key), () => this.focusNote(key)),
      x: () => this.toggleChosen(key), e: () => this.askWords(note), k: () => this.askMark(note), h: () => this.hideNow(note), l: () => this.letUp(note), g: () => this.startMerge(key),
      c: () => this.change({ do: 'mark', note: key, marks: { chosen: !note.chosen } }, note.chosen ? WORDS.unchoose : WORDS.chosen),
    };
    let isTaken = true;
    if (event.altKey && event.shiftKey && event.key.startsWith('Arrow')) this.step(key, event.key);
    else if (event.altKey || event.shiftKey) isTaken = false;
    else if (/^Arrow|^Home$|^End$/.test(event.key)) this.walk(key, event.key);
    else if (isOnWords && event.key === ' ' && !this.merging) { if (!event.repeat) this.toggleChosen(key); }
    else if (isOnWords && (event.key === 'Enter' || event.key === ' ')) {
      if (event.repeat) isTaken = true;
      else if (this.merging) this.mergeInto(key);
      else this.openMenu(card.querySelector('.more'), this.noteMenu(key), () => this.focusNote(key));
    } else if (letter in keys && !this.merging) { if (!event.repeat) keys[letter](); } else isTaken = false;
    if (isTaken) event.preventDefault();
  }

  noteMenu(key) {
    const note = this.records.notes.get(key);
    const voices = [...this.records.notes.values()].filter((each) => each.merged_into === key && !each.hidden_at);
    const again = (items) => () => this.openMenu(this.cards.get(key).querySelector('.more'), items(), () => this.focusNote(key));
    return [
      [WORDS.moveTo, again(() => this.moveMenu(key)), 'M'],
      [WORDS.mark, () => this.askMark(note), 'K'],
      [note.chosen ? WORDS.unchoose : WORDS.choose, () => this.change({ do: 'mark', note: key, marks: { chosen: !note.chosen } }, WORDS.saved), 'C'],
      [WORDS.edit, () => this.askWords(note), 'E'],
      [WORDS.merge, () => this.startMerge(key), 'G'],
      [this.chosenNotes.has(key) ? WORDS.deselect : WORDS.select, () => this.toggleChosen(key), 'X'],
      ...voices.map((voice) => [say(WORDS.part, { text: short(voice.text, 30) }),
        () => this.change({ do: 'part', note: voice.id }, WORDS.parted)]),
      ...(note.waits ? [[WORDS.letUp, () => this.letUp(note), 'L']] : []),
      [WORDS.hide, () => this.hideNow(note), 'H'],
    ];
  }

  letUp(note) {
    if (note.waits) this.change({ do: 'let_on_the_wall', note: note.id }, WORDS.onTheWall);
  }

  moveMenu(key) {
    const at = this.whereIs(key);
    return [
      ...[...this.lying.keys()].filter((column) => column !== at.column)
        .map((column) => [this.records.titleOf(column), () => this.toEnd(key, column)]),
      [WORDS.up, () => this.step(key, 'ArrowUp'), 'Alt+Shift+↑'],
      [WORDS.down, () => this.step(key, 'ArrowDown'), 'Alt+Shift+↓'],
    ];
  }

  clusterMenu(column) {
    const order = this.records.headings().map((cluster) => cluster.id);
    const at = order.indexOf(column);
    const place = (to) => () => this.change({ do: 'place_cluster', cluster: column, place: to }, WORDS.saved);
    return [
      [WORDS.addNote, () => this.askNote(column)],
      [WORDS.rename, () => this.rename(column)],
      ...(at > 0 ? [[WORDS.left, place(at - 1)]] : []),
      ...(at < order.length - 1 ? [[WORDS.right, place(at + 1)]] : []),
      [WORDS.drop, () => this.change({ do: 'drop_cluster', cluster: column }, WORDS.dropped)],
    ];
  }

  openMenu(anchor, items, giveBack) {
    this.closeMenu(false);
    this.menu.replaceChildren(...items.map(([label, act, key]) => {
      const item = button('', '', () => { this.closeMenu(true); act(); });
      const name = element('span', '', label);
      name.dir = 'auto';
      item.append(name);
      if (key) item.append(element('kbd', '', key));
      item.setAttribute('role', 'menuitem');
      item.tabIndex = -1;
      return item;
    }));
    this.giveBack = giveBack;
    anchor.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.menu.showPopover();
    const at = anchor.getBoundingClientRect();
    const size = this.menu.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const isBelow = at.bottom + 4 + size.height <= window.innerHeight - 8;
    const top = isBelow ? at.bottom + 4 : at.top - 4 - size.height;
    this.menu.style.top = `${Math.max(8, Math.min(top, window.innerHeight - size.height - 8))}px`;
    this.menu.style.left = `${Math.max(8, Math.min(at.right - size.width, width - size.width - 8))}px`;
    this.menu.firstElementChild.focus({ preventScroll: true });
    this.closing = new AbortController();
    const listen = { signal: this.closing.signal, capture: true };
    document.addEventListener('pointerdown', (event) => {
      if (!event.composedPath().includes(this.menu)) this.closeMenu(false);
    }, listen);
    document.addEventListener('wheel', (event) => {
      if (!event.composedPath().includes(this.menu)) this.closeMenu(true);
    }, { ...listen, passive: true });
    window.addEventListener('resize', () => this.closeMenu(true), listen);
  }

  closeMenu(isGivenBack) {
    if (!this.closing) return;
    this.closing.abort();
    this.closing = null;
    this.menu.hidePopover();
    if (isGivenBack && this.giveBack) this.giveBack();
  }

  menuKeyed(event) {
    const items = [...this.menu.children];
    const at = items.indexOf(this.active());
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
    if (event.key in steps) items[(steps[event.key] + items.length) % items.length].focus();
    else if (event.key === 'Escape' || event.key === 'Tab') this.closeMenu(true);
    else return;
    event.preventDefault();
  }
}
