// Columns and notes as a host sees them, and where the focus is among them.

import { button, element } from './elements.js';
import { NEW } from './records.js';
import { WORDS, say } from './words.js';

export class DrawnBoard {
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

  // Once a workshop has been wrapped up its notes can be read, and walked, and no more.
  isOver() { return this.root.classList.contains('over'); }

  show(update) {
    const changed = this.records.take(update);
    if (update.state) this.root.classList.toggle('over', update.state === 'wrapped_up');
    this.draw(changed);
  }

  draw(changed) {
    const held = this.heldPart();
    const { columns, voices } = this.records.columns();
    this.lying = columns;
    this.voices = voices;
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
    this.drawBar(columns);
    if (this.merging && !standing.has(this.merging)) this.endMerge();
    this.applyFilter();
    this.alike.draw();
    if (this.hiddenList && this.hiddenList.isConnected) this.fillDrawer();
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

  drawBar(columns) {
    const hidden = this.records.hidden().length;
    this.drawer.textContent = say(WORDS.hidden, { count: hidden });
    this.drawer.hidden = !hidden;
    const waiting = this.records.waiting();
    this.waiting.textContent = say(WORDS.letAll, { count: waiting });
    this.waiting.hidden = !waiting;
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
      const isOut = (Boolean(this.group) && (note.group || '-') !== this.group) || !this.isSought(note);
      if (card.hidden !== isOut) card.hidden = isOut;
    }
    const count = this.cards.size;
    const found = [...this.cards.values()].filter((card) => !card.hidden).length;
    this.total.textContent = found < count ? say(WORDS.ofNotes, { found, count }) : count === 1 ? WORDS.oneNote : say(WORDS.notes, { count });
    this.arrangeTabs();
    this.drawChoice();
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
    if (note.waits) chips.append(element('span', 'chip', WORDS.waits));
    if (note.chosen) chips.append(element('span', 'chip star', `★ ${WORDS.chosen}`));
    const dots = note.dots + voices.reduce((sum, voice) => sum + voice.dots, 0);
    if (dots) chips.append(element('span', 'chip dots', `● ${dots === 1 ? WORDS.dot : say(WORDS.dots, { count: dots })}`));
    if (note.source === 'paper') chips.append(element('span', 'chip paper', `▤ ${WORDS.paperMark}`));
    if (note.source === 'list') chips.append(element('span', 'chip', WORDS.listMark));
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
}
