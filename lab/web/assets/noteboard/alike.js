// Notes that look alike: the server suggests, a host accepts or dismisses. Nothing moves by itself.

import { button, element } from './elements.js';
import { WORDS, say } from './words.js';

export class AlikePanel {
  constructor(board) {
    this.board = board;
    this.suggestions = [];
    this.at = 0;
    this.opener = button('plain', WORDS.alike, () => (this.box.hidden ? this.open() : this.close()));
    this.opener.setAttribute('aria-expanded', 'false');
    this.box = element('section', 'alike');
    this.box.hidden = true;
    this.box.setAttribute('aria-label', WORDS.alike);
    this.box.addEventListener('keydown', (event) => this.keyed(event));
  }

  async open() {
    this.box.hidden = false;
    this.opener.setAttribute('aria-expanded', 'true');
    this.opener.disabled = true;
    this.say(WORDS.comparing);
    try {
      const answer = await fetch(`${this.board.address}/board/alike.json`, { headers: { Accept: 'application/json' }, cache: 'no-store' });
      const found = answer.redirected ? { problem: WORDS.signedOut } : await answer.json();
      if (found.problem) this.say(found.problem);
      else { this.suggestions = found.suggestions; this.at = 0; this.draw(); this.focus(); }
    } catch {
      this.say(WORDS.lost);
    }
    this.opener.disabled = false;
  }

  close() {
    this.box.hidden = true;
    this.box.replaceChildren();
    this.suggestions = [];
    this.opener.setAttribute('aria-expanded', 'false');
    this.opener.focus();
  }

  say(sentence) {
    const said = element('p', '', sentence);
    this.box.replaceChildren(said, button('plain', WORDS.close, () => this.close()));
    this.board.announce(sentence);
  }

  // Those of a suggestion that still stand by themselves; another host may have merged or hidden some.
  standing(suggestion) {
    return suggestion.notes.map((key) => this.board.records.notes.get(key)).filter((note) => note && !note.hidden_at && !note.merged_into);
  }

  draw() {
    if (this.box.hidden) return;
    this.suggestions = this.suggestions.filter((each) => this.standing(each).length > 1);
    if (!this.suggestions.length) { this.say(WORDS.noneAlike); return; }
    this.at = Math.min(this.at, this.suggestions.length - 1);
    const notes = this.standing(this.suggestions[this.at]);
    const shown = notes.map((note) => `${note.id} ${note.text}`).join('\n') + this.suggestions.length + this.at;
    if (this.shown === shown && this.box.querySelector('ol')) return;   // never under somebody's finger
    this.shown = shown;
    const list = element('ol');
    for (const note of notes) {
      const item = element('li');
      item.dataset.group = note.group || '';
      const text = element('span', 'words', note.text);
      text.dir = 'auto';
      item.append(element('span', 'swatch'), text);
      list.append(item);
    }
    const key = (name, word, act, kind = 'plain') => {
      const made = button(kind, '', act);
      made.append(element('span', '', word), element('kbd', '', name));
      made.setAttribute('aria-keyshortcuts', name);
      return made;
    };
    const feet = element('div', 'feet');
    feet.append(
      key('Y', WORDS.mergeThem, () => this.accept(), 'main'), key('N', WORDS.notSame, () => this.dismiss()),
      ...(this.suggestions.length > 1 ? [key('→', WORDS.later, () => this.later(1))] : []),
      button('plain', WORDS.close, () => this.close()),
    );
    const head = say(WORDS.alikeHead, { at: this.at + 1, of: this.suggestions.length, count: notes.length });
    this.box.replaceChildren(element('p', '', head), list, feet);
  }

  focus() {
    const first = this.box.querySelector('.main') || this.box.querySelector('button');
    if (first) first.focus();
  }

  later(way) {
    this.at = (this.at + way + this.suggestions.length) % this.suggestions.length;
    this.draw();
    this.focus();
  }

  async decide(change, done) {
    const suggestion = this.suggestions[this.at];
    if (!suggestion || this.busy) return;
    this.busy = true;
    const notes = this.standing(suggestion).map((note) => note.id);
    const problem = await this.board.change({ ...change, notes, ...(change.do === 'merge_several' ? { into: notes[0] } : {}) }, done);
    this.busy = false;
    if (problem) return;
    this.suggestions = this.suggestions.filter((each) => each !== suggestion);
    this.draw();
    this.focus();
  }

  accept() { return this.decide({ do: 'merge_several' }, WORDS.merged); }

  dismiss() { return this.decide({ do: 'set_apart' }, WORDS.setApart); }

  keyed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const isListed = this.suggestions.length > 0;
    const keys = {
      Escape: () => this.close(),
      ...(isListed ? { y: () => this.accept(), n: () => this.dismiss(), ArrowRight: () => this.later(1), ArrowLeft: () => this.later(-1) } : {}),
    };
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}
