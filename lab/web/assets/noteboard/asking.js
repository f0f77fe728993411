// The host's dialogs: new notes and clusters, edits, marks, a reason; and the hidden notes.

import { DrawnBoard } from './drawing.js';
import { button, element } from './elements.js';
import { NEW } from './records.js';
import { newKey } from './sending.js';
import { WORDS, say, short } from './words.js';

export class AskingBoard extends DrawnBoard {
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

  // It leaves the wall at once; why is asked afterwards, and may be left out.
  async hideNow(note) {
    if (await this.change({ do: 'hide', note: note.id }, WORDS.hiddenNow)) return;
    this.ask(WORDS.whyHidden, [{ name: 'why', label: WORDS.why, most: 200, required: true }],
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

  openDrawer() {
    const list = element('ul', 'hidden-notes');
    this.hiddenList = list;
    this.fillDrawer();
    this.openDialog(say(WORDS.hidden, { count: this.records.hidden().length }), list, button('plain', WORDS.close, () => this.dialog.close()));
  }

  // Filled anew with each change of the board: the reason for hiding comes after the hiding.
  fillDrawer() {
    const hidden = this.records.hidden();
    const shown = JSON.stringify(hidden.map((note) => [note.id, note.text, note.hidden_why]));
    if (this.hiddenList.shown === shown) return;
    this.hiddenList.shown = shown;
    this.hiddenList.replaceChildren(...hidden.map((note) => {
      const item = element('li');
      const text = element('p', 'words', note.text);
      text.dir = 'auto';
      const when = new Date(note.hidden_at.replace(' ', 'T')).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
      const why = element('p', 'why', say(WORDS.hiddenBy, { who: note.hidden_by || WORDS.noOne, when, why: note.hidden_why }));
      why.dir = 'auto';
      item.append(text, why, button('plain', WORDS.show, async () => {
        if (!await this.change({ do: 'show', note: note.id }, WORDS.shownNow) && !this.records.hidden().length) this.dialog.close();
      }));
      return item;
    }));
    if (!hidden.length) this.hiddenList.append(element('li', '', WORDS.noHidden));
  }

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
}
