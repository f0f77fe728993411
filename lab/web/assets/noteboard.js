// The board of a workshop: for its hosts inside the console, and read-only on the wall.
// What people wrote only ever becomes text (textContent); the server decides, the page shows what it said last.

const WORDS = {
  board: 'Board', newNotes: 'New notes', untitled: 'No group', empty: 'Nothing here yet', emptyNew: 'Nothing here yet. What people write on their phones appears here by itself.', more: '+ {count} more',
  addNote: 'Add a note', addCluster: 'Add a cluster', undo: 'Undo', filter: 'Show', everyone: 'All groups',
  withoutGroup: 'Group not said', hidden: 'Hidden ({count})', notes: '{count} notes', oneNote: '1 note',
  actions: 'What to do with this note', clusterActions: 'What to do with this cluster',
  moveTo: 'Move to…', moveHeading: 'Move to', up: 'Up by one', down: 'Down by one', edit: 'Edit the words…',
  mark: 'Mark as…', choose: 'Mark as chosen', unchoose: 'No longer chosen', merge: 'Merge with another…',
  part: 'Part: {text}', hide: 'Hide…', show: 'Show again', rename: 'Rename', left: 'Move left', right: 'Move right',
  drop: 'Drop this cluster', back: 'Back', cancel: 'Cancel', save: 'Save', close: 'Close', name: 'Name of the cluster',
  words: 'Note', group: 'Stakeholder group', kind: 'What it is', paper: 'Written on paper, for somebody without a phone',
  why: 'Why? It is kept, with your name.', notSaid: 'Not said yet', importance: 'Importance, 1 to 5',
  within: 'Within our power', said: 'What was said back', by: 'Who promised', until: 'By when', about: 'About which prototype',
  chosen: 'Chosen', paperMark: 'On paper', dot: '1 dot', dots: '{count} dots', voices: '{count} voices',
  merging: '“{text}” is to be merged. Choose the note that stands for both: click it, or walk there and press Enter.',
  movedTo: 'Moved to {column}, place {place} of {count}', merged: 'Merged: both voices are kept', parted: 'Parted',
  hiddenNow: 'Hidden', shownNow: 'Shown again', saved: 'Saved', undone: 'Move undone', dropped: 'Dropped: its notes are among the new ones',
  away: 'The network is away. {count} waiting; they are sent as soon as it is back.', lost: 'The network is away. Trying again …',
  signedOut: 'You are not signed in (any more). Sign in again in another window, then go on here.',
  hiddenBy: 'Hidden by {who} on {when}: {why}', noOne: 'the lab', noHidden: 'No note is hidden.', edge: 'It cannot go further',
  lifted: 'Press Escape to put it back',
  hint: 'Drag notes with the mouse, or hold one down with a finger. Keys: arrows walk, Enter opens the menu, M moves, '
    + 'Alt + Shift + arrows move by one, E edits, K marks, C chooses, G merges, H hides, Ctrl + Z undoes a move.',
  hintTouch: 'Hold a note down to drag it, or use its “•••”.',
};
const NEW = 'new';
const HOLD = 260;           // milliseconds a finger rests on a note before it is lifted
const LOOK = 600;           // milliseconds between the wall's looks at the board
const RETRY = [300, 700, 1500, 3000];

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function button(className, text, act) {
  const made = element('button', className, text);
  made.type = 'button';
  if (act) made.addEventListener('click', act);
  return made;
}

// A function as replacement: in a plain string "$&" in somebody's note would be taken as a pattern.
function say(sentence, values) {
  return sentence.replace(/[{](\w+)[}]/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

function short(text, limit = 60) {
  const letters = [...text];
  return letters.length > limit ? `${letters.slice(0, limit - 1).join('')}…` : text;
}

// Version 4; crypto.randomUUID is missing where the lab is served without TLS in a local network.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const pause = (time) => new Promise((done) => { setTimeout(done, time); });

// What the page knows of the board: whatever the server told, and moves it has not answered yet on top.
class Records {
  constructor() {
    this.revision = 0;
    this.notes = new Map();
    this.clusters = new Map();
    this.moving = new Map();
    this.words = { group: {}, kind: {}, within_power: {}, said_back: {} };
    this.prototypes = [];
  }

  // Takes an answer of the server and returns the keys of the notes that may look different now.
  take(told) {
    const changed = new Set();
    if (told.after === 0) {
      for (const key of this.notes.keys()) changed.add(key);
      this.notes.clear();
      this.clusters.clear();
      if (told.words) this.words = told.words;
      if (told.prototypes) this.prototypes = told.prototypes;
    } else if (told.revision < this.revision) {
      return changed;
    }
    for (const cluster of told.clusters) {
      if (cluster.dropped) this.clusters.delete(cluster.id);
      else this.clusters.set(cluster.id, cluster);
    }
    for (const note of told.notes) {
      const before = this.notes.get(note.id);
      this.notes.set(note.id, note);
      for (const key of [note.id, note.merged_into, before && before.merged_into]) if (key) changed.add(key);
    }
    for (const key of told.gone || []) { this.notes.delete(key); changed.add(key); }
    this.revision = told.revision;
    return changed;
  }

  placeOf(note) {
    const at = this.moving.get(note.id) || note;
    return { column: at.cluster && this.clusters.has(at.cluster) ? at.cluster : NEW, position: at.position };
  }

  headings() {
    return [...this.clusters.values()].sort((one, other) => one.place - other.place || (one.id < other.id ? -1 : 1));
  }

  // The standing notes of every column, from the top, and the voices merged into each of them.
  columns() {
    const columns = new Map([[NEW, []], ...this.headings().map((cluster) => [cluster.id, []])]);
    const voices = new Map();
    for (const note of this.notes.values()) {
      if (note.hidden_at) continue;
      if (note.merged_into && this.notes.has(note.merged_into)) {
        if (!voices.has(note.merged_into)) voices.set(note.merged_into, []);
        voices.get(note.merged_into).push(note);
      } else {
        const place = this.placeOf(note);
        columns.get(place.column).push({ note, position: place.position });
      }
    }
    for (const [key, lying] of columns) {
      lying.sort((one, other) => one.position - other.position || (one.note.id < other.note.id ? -1 : 1));
      columns.set(key, lying.map((each) => each.note));
    }
    return { columns, voices };
  }

  // The latest first; what its own writer took back has no words left to show.
  hidden() {
    return [...this.notes.values()].filter((note) => note.hidden_at && note.text)
      .sort((one, other) => (one.hidden_at < other.hidden_at ? 1 : -1));
  }

  titleOf(column) {
    return column === NEW ? WORDS.newNotes : this.clusters.get(column).title;
  }

  // A position right below another note of a column: good enough to show until the server gives the real one.
  between(column, below, except) {
    const lying = this.columns().columns.get(column).filter((note) => note.id !== except);
    if (!lying.length) return 0;
    const at = below ? lying.findIndex((note) => note.id === below) : -1;
    const position = (note) => this.placeOf(note).position;
    if (!below) return position(lying[0]) - 1;
    if (at < 0 || at === lying.length - 1) return position(lying[lying.length - 1]) + 1;
    return (position(lying[at]) + position(lying[at + 1])) / 2;
  }
}

// One after the other, each again until the server has taken or refused it.
class Sender {
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
    const told = await answer.json();
    if (!answer.ok) return told.problem || String(answer.status);
    if (change.do === 'move' && !this.waiting.some((each, place) => place > 0 && each.change.do === 'move'
      && each.change.note === change.note)) this.board.records.moving.delete(change.note);
    this.board.show(told);
    return null;
  }
}

class HostBoard {
  constructor(root, workshop) {
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
    this.build();
    this.follow();
  }

  // ---- the frame -----------------------------------------------------------------------------------------

  build() {
    const { root } = this;
    root.setAttribute('role', 'group');
    root.setAttribute('aria-label', WORDS.board);
    this.bar = element('div', 'bar');
    this.undoer = button('plain', WORDS.undo, () => this.undo());
    this.undoer.disabled = true;
    this.drawer = button('plain', '', () => this.openDrawer());
    this.total = element('span', 'total');
    const filter = element('label', 'filter');
    this.filter = element('select');
    this.filter.setAttribute('aria-label', WORDS.filter);
    this.filter.addEventListener('change', () => { this.group = this.filter.value; this.applyFilter(); });
    filter.append(element('span', '', WORDS.filter), this.filter);
    this.bar.append(
      button('main', WORDS.addNote, () => this.askNote(NEW)), button('plain', WORDS.addCluster, () => this.askCluster()),
      this.undoer, filter, this.total, this.drawer,
    );
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
    root.replaceChildren(this.bar, this.says, this.mergeBar, this.columns, hint, this.menu, this.layer, this.dialog, this.announcer);
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

  announce(sentence) {
    this.announcer.textContent = '';   // emptied first, so that the same sentence twice is spoken twice
    setTimeout(() => { this.announcer.textContent = sentence; }, 50);
  }

  complain(sentence, about = 'refused') {
    if (!sentence && this.complaint !== about) return;
    this.complaint = about;
    if (this.says.textContent === sentence) return;
    this.says.replaceChildren();
    if (!sentence) return;
    this.says.append(element('span', '', sentence));
    if (about === 'refused') this.says.append(button('plain', WORDS.close, () => this.complain('')));
  }

  // ---- following the board -------------------------------------------------------------------------------

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
        const told = await answer.json();
        this.sender.token = told.token;
        this.complain('', 'lost');
        this.complain('', 'signed out');
        this.show(told);
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

  // ---- drawing -------------------------------------------------------------------------------------------

  // Once a workshop has been wrapped up its notes can be read, and walked, and no more.
  isOver() { return this.root.classList.contains('over'); }

  show(told) {
    const changed = this.records.take(told);
    if (told.state) this.root.classList.toggle('over', told.state === 'wrapped_up');
    this.draw(changed);
  }

  draw(changed) {
    const held = this.heldPart();
    const { columns, voices } = this.records.columns();
    this.lying = columns;
    const standing = new Set();
    for (const lying of columns.values()) for (const note of lying) standing.add(note.id);
    for (const [key, card] of this.cards) {
      if (!standing.has(key)) { card.remove(); this.cards.delete(key); }
    }
    for (const key of standing) {
      if (this.cards.has(key) && !changed.has(key)) continue;
      const note = this.records.notes.get(key);
      if (!this.cards.has(key)) this.cards.set(key, this.newCard(note));
      this.fill(this.cards.get(key), note, voices.get(key) || []);
    }
    if (!standing.has(this.current)) this.current = null;
    this.drawColumns(columns);
    this.drawBar(columns, standing.size);
    if (this.merging && !standing.has(this.merging)) this.endMerge();
    this.applyFilter();
    this.restore(held);
  }

  drawColumns(columns) {
    for (const [key, list] of this.lists) if (!columns.has(key)) { list.box.remove(); this.lists.delete(key); }
    let place = 0;
    for (const [key, lying] of columns) {
      if (!this.lists.has(key)) this.lists.set(key, this.newColumn(key));
      const { box, title, count, cards } = this.lists.get(key);
      if (title.textContent !== this.records.titleOf(key)) title.textContent = this.records.titleOf(key);
      count.textContent = lying.length;
      count.setAttribute('aria-label', lying.length === 1 ? WORDS.oneNote : say(WORDS.notes, { count: lying.length }));
      if (this.columns.children[place] !== box) this.columns.insertBefore(box, this.columns.children[place] || null);
      let child = cards.firstElementChild;
      for (const note of lying) {
        const card = this.cards.get(note.id);
        if (child === card) child = child.nextElementSibling;
        else cards.insertBefore(card, child);
      }
      place += 1;
    }
    if (this.lists.has(this.revealed)) {
      this.lists.get(this.revealed).box.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      this.revealed = null;
    }
  }

  drawBar(columns, count) {
    this.total.textContent = count === 1 ? WORDS.oneNote : say(WORDS.notes, { count });
    const hidden = this.records.hidden().length;
    this.drawer.textContent = say(WORDS.hidden, { count: hidden });
    this.drawer.hidden = !hidden;
    const counts = new Map();
    for (const lying of columns.values()) {
      for (const note of lying) counts.set(note.group || '-', (counts.get(note.group || '-') || 0) + 1);
    }
    const choices = [['', WORDS.everyone], ...[...Object.entries(this.records.words.group), ['-', WORDS.withoutGroup]]
      .filter(([key]) => counts.has(key) || key === this.group)
      .map(([key, name]) => [key, `${name} (${counts.get(key) || 0})`])];
    const wanted = JSON.stringify(choices);
    if (wanted === this.choices || this.active() === this.filter) return;   // never under somebody's finger
    this.choices = wanted;
    this.filter.replaceChildren(...choices.map(([value, name]) => Object.assign(element('option', '', name), { value })));
    this.filter.value = this.group;
  }

  applyFilter() {
    for (const [key, card] of this.cards) {
      const note = this.records.notes.get(key);
      const isOut = Boolean(this.group) && (note.group || '-') !== this.group;
      if (card.hidden !== isOut) card.hidden = isOut;
    }
    this.arrangeTabs();
  }

  // One note of every column can be reached with Tab; the arrows walk from there.
  arrangeTabs() {
    for (const column of (this.lying || new Map()).keys()) {
      const words = this.shown(column).map((note) => this.cards.get(note.id).querySelector('.words'));
      const reached = words.find((each) => each.parentElement.dataset.note === this.current)
        || words.find((each) => each.tabIndex === 0) || words[0];
      for (const each of words) if ((each === reached) !== (each.tabIndex === 0)) each.tabIndex = each === reached ? 0 : -1;
    }
  }

  newColumn(key) {
    const box = element('section', key === NEW ? 'column new' : 'column');
    box.dataset.column = key;
    const head = element('div', 'head');
    const title = element('h3');
    title.dir = 'auto';
    title.id = `heading-${key}`;
    box.setAttribute('aria-labelledby', title.id);
    const count = element('span', 'count');
    count.setAttribute('role', 'img');
    head.append(title, count);
    if (key !== NEW) {
      const more = button('more', '•••');
      more.setAttribute('aria-label', WORDS.clusterActions);
      more.setAttribute('aria-haspopup', 'menu');
      head.append(more);
    }
    const cards = element('ul', 'cards');
    cards.setAttribute('role', 'list');
    cards.setAttribute('aria-labelledby', title.id);
    cards.dataset.empty = key === NEW ? WORDS.emptyNew : WORDS.empty;
    box.append(head, cards);
    return { box, title, count, cards, head };
  }

  newCard(note) {
    const card = element('li', 'card');
    card.setAttribute('role', 'listitem');
    card.dataset.note = note.id;
    return card;
  }

  fill(card, note, voices) {
    const { words } = this.records;
    card.dataset.group = note.group || '';
    card.classList.toggle('chosen', note.chosen);
    const top = element('p', 'group');
    top.append(element('span', 'swatch'), element('span', '', words.group[note.group] || WORDS.untitled));
    const text = element('div', 'words', note.text);
    text.dir = 'auto';
    text.setAttribute('role', 'button');
    text.setAttribute('aria-haspopup', 'menu');
    text.tabIndex = -1;
    const chips = element('p', 'chips');
    chips.append(element('span', `chip ${note.kind}`, words.kind[note.kind]));
    if (note.chosen) chips.append(element('span', 'chip star', `★ ${WORDS.chosen}`));
    const dots = note.dots + voices.reduce((sum, voice) => sum + voice.dots, 0);
    if (dots) chips.append(element('span', 'chip dots', `● ${dots === 1 ? WORDS.dot : say(WORDS.dots, { count: dots })}`));
    if (note.source === 'paper') chips.append(element('span', 'chip paper', `▤ ${WORDS.paperMark}`));
    for (const fact of this.facts(note)) chips.append(element('span', 'chip', fact));
    const more = button('more', '•••');
    more.setAttribute('aria-label', WORDS.actions);
    more.setAttribute('aria-haspopup', 'menu');
    more.tabIndex = -1;
    text.setAttribute('aria-description', [top.textContent, ...[...chips.children].map((chip) => chip.textContent)].join(', '));
    card.replaceChildren(top, more, text);
    if (voices.length) {
      const list = element('ul', 'voices');
      list.setAttribute('aria-label', say(WORDS.voices, { count: voices.length + 1 }));
      list.append(...voices.map((voice) => {
        const item = element('li');
        item.dataset.group = voice.group || '';
        const said = element('span', 'voice', voice.text);
        said.dir = 'auto';
        item.append(element('span', 'swatch'), element('span', 'who', words.group[voice.group] || WORDS.untitled), said);
        return item;
      }));
      card.append(list);
    }
    card.append(chips);
  }

  facts(note) {
    const { words, prototypes } = this.records;
    const facts = [];
    if (note.kind === 'promise') facts.push([note.promised_by, note.promised_for].filter(Boolean).join(' · '));
    if (note.kind === 'expectation') {
      if (note.importance) facts.push(`${note.importance} / 5`);
      if (note.within_power) facts.push(`${WORDS.within}: ${words.within_power[note.within_power]}`);
      if (note.said_back) facts.push(words.said_back[note.said_back]);
    }
    if (note.kind === 'worry' && note.prototype) {
      const about = prototypes.find(([key]) => key === note.prototype);
      if (about) facts.push(about[1]);
    }
    return facts.filter(Boolean);
  }

  // ---- focus ---------------------------------------------------------------------------------------------

  active() { return this.root.getRootNode().activeElement; }

  heldPart() {
    const holder = this.active();
    const card = holder && holder.closest && holder.closest('.card');
    if (!card) return null;
    const column = card.closest('.column');
    return {
      note: card.dataset.note, more: holder.classList.contains('more'), column: column && column.dataset.column,
      row: [...card.parentElement.children].indexOf(card),
    };
  }

  restore(held) {
    if (!held) return;
    const card = this.cards.get(held.note);
    if (card && !card.hidden) {
      const part = card.querySelector(held.more ? '.more' : '.words');
      if (this.active() !== part) part.focus({ preventScroll: true });
      return;
    }
    const list = this.lists.get(held.column) || this.lists.get(NEW);
    const left = [...list.cards.children].filter((each) => !each.hidden);
    const next = left[Math.min(held.row, left.length - 1)];
    if (next) this.focusNote(next.dataset.note);
  }

  focused(event) {
    const card = event.target.closest('.card');
    if (!card || card.dataset.note === this.current) return;
    this.current = card.dataset.note;
    this.arrangeTabs();
  }

  focusNote(key) {
    const card = this.cards.get(key);
    if (!card) return;
    card.querySelector('.words').focus({ preventScroll: true });
    card.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  shown(column) { return this.lying.get(column).filter((note) => !this.cards.get(note.id).hidden); }

  whereIs(key) {
    for (const [column, lying] of this.lying) {
      const row = lying.findIndex((note) => note.id === key);
      if (row >= 0) return { column, row, lying };
    }
    return null;
  }

  walk(key, way) {
    const at = this.whereIs(key);
    if (!at) return;
    const here = this.shown(at.column);
    const row = here.findIndex((note) => note.id === key);
    let next = { ArrowUp: here[row - 1], ArrowDown: here[row + 1], Home: here[0], End: here[here.length - 1] }[way];
    if (way === 'ArrowLeft' || way === 'ArrowRight') {
      const filled = [...this.lying.keys()].filter((column) => this.shown(column).length);
      const beside = filled[filled.indexOf(at.column) + (way === 'ArrowLeft' ? -1 : 1)];
      if (beside) next = this.shown(beside)[Math.min(row, this.shown(beside).length - 1)];
    }
    if (next) this.focusNote(next.id);
  }

  // ---- moving --------------------------------------------------------------------------------------------

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

  // ---- other changes -------------------------------------------------------------------------------------

  async change(change, done) {
    const problem = await this.sender.send(change);
    if (problem) this.complain(problem);
    else { this.complain(''); if (done) this.announce(done); }
    return problem;
  }

  askNote(column) {
    const { words } = this.records;
    this.ask(WORDS.addNote, [
      { name: 'words', label: WORDS.words, type: 'area', most: 500, required: true },
      { name: 'group', label: WORDS.group, options: [['', WORDS.notSaid], ...Object.entries(words.group)] },
      { name: 'kind', label: WORDS.kind, options: Object.entries(words.kind), value: 'idea' },
      { name: 'paper', label: WORDS.paper, type: 'check' },
    ], (values) => ({ do: 'write', note: newKey(), cluster: column === NEW ? null : column, ...values }));
  }

  askCluster() {
    this.ask(WORDS.addCluster, [{ name: 'title', label: WORDS.name, most: 80, required: true }],
      (values) => {
        this.revealed = this.revealed || newKey();
        return { do: 'add_cluster', cluster: this.revealed, ...values };
      });
  }

  askWords(note) {
    this.ask(WORDS.edit, [{ name: 'words', label: WORDS.words, type: 'area', most: 500, required: true, value: note.text }],
      (values) => ({ do: 'edit', note: note.id, ...values }));
  }

  askWhy(note) {
    this.ask(WORDS.hide, [{ name: 'why', label: WORDS.why, most: 200, required: true }],
      (values) => ({ do: 'hide', note: note.id, ...values }), note.text, WORDS.hiddenNow);
  }

  askMark(note) {
    const { words, prototypes } = this.records;
    const open = [['', WORDS.notSaid]];
    const only = (kind) => (values) => values.kind === kind;
    this.ask(WORDS.mark, [
      { name: 'kind', label: WORDS.kind, options: Object.entries(words.kind), value: note.kind },
      { name: 'importance', label: WORDS.importance, options: [...open, ...[1, 2, 3, 4, 5].map((n) => [String(n), String(n)])],
        value: String(note.importance || ''), when: only('expectation'), read: (value) => (value ? Number(value) : null) },
      { name: 'within_power', label: WORDS.within, options: [...open, ...Object.entries(words.within_power)],
        value: note.within_power || '', when: only('expectation') },
      { name: 'said_back', label: WORDS.said, options: [...open, ...Object.entries(words.said_back)],
        value: note.said_back || '', when: only('expectation') },
      { name: 'promised_by', label: WORDS.by, value: note.promised_by, most: 200, when: only('promise') },
      { name: 'promised_for', label: WORDS.until, type: 'date', value: note.promised_for || '', when: only('promise'),
        read: (value) => value || null },
      { name: 'prototype_id', label: WORDS.about, options: [...open, ...prototypes], value: note.prototype || '',
        when: only('worry'), read: (value) => value || null },
    ], (values, touched) => ({
      do: 'mark', note: note.id, marks: Object.fromEntries(Object.entries(values).filter(([name]) => touched.has(name))),
    }), note.text);
  }

  rename(key) {
    const { head, title } = this.lists.get(key);
    if (head.querySelector('input')) return;
    const form = element('form', 'rename');
    const field = element('input');
    field.value = this.records.titleOf(key);
    field.maxLength = 80;
    field.setAttribute('aria-label', WORDS.name);
    form.append(field);
    title.hidden = true;
    head.prepend(form);
    field.select();
    field.focus();
    let isDone = false;
    const end = async (isKept) => {
      if (isDone) return;
      isDone = true;
      const name = field.value.trim();
      if (isKept && name && name !== this.records.titleOf(key)) {
        if (await this.change({ do: 'rename_cluster', cluster: key, title: name }, WORDS.saved)) {
          isDone = false;   // refused: what was typed stays
          return;
        }
      }
      form.remove();
      title.hidden = false;
    };
    form.addEventListener('submit', (event) => { event.preventDefault(); end(true); });
    field.addEventListener('blur', () => end(true));
    field.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Escape') end(false);
    });
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

  openDrawer() {
    const hidden = this.records.hidden();
    const list = element('ul', 'hidden-notes');
    for (const note of hidden) {
      const item = element('li');
      const text = element('p', 'words', note.text);
      text.dir = 'auto';
      const when = new Date(note.hidden_at.replace(' ', 'T')).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
      const why = element('p', 'why', say(WORDS.hiddenBy, { who: note.hidden_by || WORDS.noOne, when, why: note.hidden_why }));
      why.dir = 'auto';
      item.append(text, why, button('plain', WORDS.show, async () => {
        if (!await this.change({ do: 'show', note: note.id }, WORDS.shownNow)) item.remove();
        if (!list.childElementCount) this.dialog.close();
      }));
      list.append(item);
    }
    if (!hidden.length) list.append(element('li', '', WORDS.noHidden));
    this.openDialog(say(WORDS.hidden, { count: hidden.length }), list, button('plain', WORDS.close, () => this.dialog.close()));
  }

  // ---- asking --------------------------------------------------------------------------------------------

  openDialog(title, ...parts) {
    const held = this.heldPart();
    const heading = element('h3', '', title);
    heading.id = 'dialog-title';
    this.dialog.setAttribute('aria-labelledby', heading.id);
    this.dialog.replaceChildren(heading, ...parts);
    this.dialog.onclose = () => this.restore(held);   // otherwise the browser gives the focus back by itself
    this.dialog.showModal();
  }

  ask(title, fields, make, about, done = WORDS.saved) {
    const form = element('form', 'ask');
    const inputs = new Map();
    const touched = new Set();
    if (about) {
      const quoted = element('p', 'about', short(about, 120));
      quoted.dir = 'auto';
      form.append(quoted);
    }
    for (const field of fields) {
      const label = element('label', field.type === 'check' ? 'check' : '');
      const input = element(field.options ? 'select' : field.type === 'area' ? 'textarea' : 'input');
      if (field.options) {
        input.append(...field.options.map(([value, name]) => Object.assign(element('option', '', name), { value })));
      }
      if (field.type === 'check') input.type = 'checkbox';
      if (field.type === 'date') input.type = 'date';
      if (field.type === 'area') input.rows = 4;
      if (field.most) input.maxLength = field.most;
      if (field.value !== undefined) input.value = field.value;
      input.required = Boolean(field.required);
      if (!field.options && field.type !== 'date') input.dir = 'auto';
      label.append(element('span', '', field.label), input);
      inputs.set(field.name, { input, label, field });
      form.append(label);
    }
    const read = () => Object.fromEntries([...inputs].map(([name, { input, field }]) => {
      const value = field.type === 'check' ? input.checked : input.value;
      return [name, field.read ? field.read(value) : value];
    }));
    const arrange = () => {
      const values = read();
      for (const { label, field } of inputs.values()) label.hidden = Boolean(field.when) && !field.when(values);
    };
    form.addEventListener('input', (event) => {
      for (const [name, { input }] of inputs) if (input === event.target) touched.add(name);
      arrange();
    });
    arrange();
    const problem = element('p', 'problem');
    problem.setAttribute('role', 'alert');
    const save = button('main', WORDS.save);
    save.type = 'submit';
    const feet = element('div', 'feet');
    feet.append(button('plain', WORDS.cancel, () => this.dialog.close()), save);
    form.append(problem, feet);
    const made = { key: null };
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      save.disabled = true;
      const change = make(read(), touched);
      // The same key again when it is sent again: it may have been stored although no answer came.
      const own = change.do === 'write' ? 'note' : change.do === 'add_cluster' ? 'cluster' : null;
      if (own) { made.key = made.key || change[own]; change[own] = made.key; }
      const refused = await this.sender.send(change);
      save.disabled = false;
      problem.textContent = refused || '';
      if (refused) return;
      this.dialog.close();
      this.announce(done);
    });
    this.openDialog(title, form);
    const first = form.querySelector('textarea, input, select');
    if (first) first.focus();
  }

  // ---- clicks and keys -----------------------------------------------------------------------------------

  clicked(event) {
    if (this.justDragged) { this.justDragged = false; return; }
    const card = event.target.closest('.card');
    const more = event.target.closest('.more');
    if (this.merging) {
      if (card) this.mergeInto(card.dataset.note);
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
    if (event.key === 'Escape' && this.merging) { this.endMerge(); event.preventDefault(); return; }
    if (!card || event.ctrlKey || event.metaKey) return;
    const key = card.dataset.note;
    const note = this.records.notes.get(key);
    const isOnWords = event.target.classList.contains('words');
    const letter = event.key.toLowerCase();
    const keys = {
      m: () => this.openMenu(card.querySelector('.more'), this.moveMenu(key), () => this.focusNote(key)),
      e: () => this.askWords(note), k: () => this.askMark(note), h: () => this.askWhy(note), g: () => this.startMerge(key),
      c: () => this.change({ do: 'mark', note: key, marks: { chosen: !note.chosen } }, note.chosen ? WORDS.unchoose : WORDS.chosen),
    };
    let isTaken = true;
    if (event.altKey && event.shiftKey && event.key.startsWith('Arrow')) this.step(key, event.key);
    else if (event.altKey || event.shiftKey) isTaken = false;
    else if (/^Arrow|^Home$|^End$/.test(event.key)) this.walk(key, event.key);
    else if (isOnWords && (event.key === 'Enter' || event.key === ' ')) {
      if (event.repeat) isTaken = true;
      else if (this.merging) this.mergeInto(key);
      else this.openMenu(card.querySelector('.more'), this.noteMenu(key), () => this.focusNote(key));
    } else if (letter in keys && !this.merging) { if (!event.repeat) keys[letter](); } else isTaken = false;
    if (isTaken) event.preventDefault();
  }

  // ---- menus ---------------------------------------------------------------------------------------------

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
      ...voices.map((voice) => [say(WORDS.part, { text: short(voice.text, 30) }),
        () => this.change({ do: 'part', note: voice.id }, WORDS.parted)]),
      [WORDS.hide, () => this.askWhy(note), 'H'],
    ];
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

  // ---- dragging ------------------------------------------------------------------------------------------

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

// The wall: everything on one screen, in the largest type that fits; beyond that the newest, and how many more.
class WallBoard {
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
    this.follow();
  }

  async follow() {
    while (!this.closed) {
      let told = null;
      try {
        const answer = await fetch(`/j/${this.code}/board.json?after=${this.records.revision}`, { cache: 'no-store', credentials: 'omit' });
        if (answer.ok) told = await answer.json();
      } catch { /* the network is away; the next look tries again */ }
      if (told && (this.isFirst || told.revision !== this.records.revision)) this.show(told);
      await pause(LOOK);
    }
  }

  show(told) {
    const changed = this.records.take(told);
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

const boards = new WeakMap();

// What Streamlit calls, again after each run of the script: the board that is there goes on.
export default function mount(component) {
  const root = component.parentElement.querySelector('.noteboard');
  if (!root || !component.data) return undefined;
  if (!boards.has(root)) boards.set(root, new HostBoard(root, component.data.workshop));
  return () => boards.get(root).close();
}

// On a page of ours the board makes its own shadow tree, so that the page's styles and its own stay apart.
function mountHere(place) {
  const shade = place.attachShadow({ mode: 'open' });
  const styles = element('link');
  styles.rel = 'stylesheet';
  styles.href = '/assets/noteboard.css';
  const root = element('div', 'noteboard');
  root.hidden = true;
  const start = () => {
    root.hidden = false;
    boards.set(root, place.dataset.workshop ? new HostBoard(root, place.dataset.workshop) : new WallBoard(root, place.dataset.code));
  };
  styles.addEventListener('load', start, { once: true });
  styles.addEventListener('error', start, { once: true });
  shade.append(styles, root);
}

const place = document.getElementById('noteboard');
if (place && !place.shadowRoot && (place.dataset.code || place.dataset.workshop)) mountHere(place);
