// Searching the board, and choosing several notes to merge, move or hide them in one change.

import { button, element } from './elements.js';
import { MovingBoard } from './moving.js';
import { NEW } from './records.js';
import { WORDS, say } from './words.js';

// As lab/foundation/folding.py compares: upper case first, so that “ß” and “ss” are the same.
export function fold(text) {
  return text.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC').split(/\s+/).filter(Boolean).join(' ');
}

export class ChoosingBoard extends MovingBoard {
  buildSearch() {
    this.sought = '';
    this.chosenNotes = new Set();    // in the order in which they were chosen
    this.search = element('input', 'search');
    this.search.type = 'search';
    this.search.placeholder = WORDS.search;
    this.search.setAttribute('aria-label', WORDS.search);
    this.search.addEventListener('input', () => { this.sought = fold(this.search.value); this.applyFilter(); this.announceFound(); });
    this.search.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.search.value) { this.search.value = ''; this.sought = ''; this.applyFilter(); event.preventDefault(); }
    });
    this.choiceBar = element('div', 'merge-bar choice-bar');
    this.choiceBar.hidden = true;
    this.choiceCount = element('span');
    this.choiceMove = button('plain', WORDS.putIn, () => this.openMenu(this.choiceMove, this.choiceMenu(), () => this.choiceMove.focus()));
    this.choiceMove.setAttribute('aria-haspopup', 'menu');
    this.choiceMerge = button('main', WORDS.mergeThem, () => this.mergeChosen());
    this.choiceBar.append(this.choiceCount, this.choiceMerge, this.choiceMove,
      button('plain', WORDS.hide, () => this.hideChosen()), button('plain', WORDS.chooseNone, () => this.chooseNone()));
  }

  // A note is found by its own words and by those of the notes merged into it.
  isSought(note) {
    if (!this.sought) return true;
    const voices = (this.voices && this.voices.get(note.id)) || [];
    return [note, ...voices].some((each) => fold(each.text).includes(this.sought));
  }

  announceFound() {
    const found = [...this.cards.values()].filter((card) => !card.hidden).length;
    this.announce(found === 1 ? WORDS.oneFound : say(WORDS.found, { count: found }));
  }

  toggleChosen(key) {
    if (!this.chosenNotes.delete(key)) this.chosenNotes.add(key);
    this.drawChoice();
    this.announce(say(WORDS.chosenCount, { count: this.chosenNotes.size }));
  }

  chooseNone() {
    this.chosenNotes.clear();
    this.drawChoice();
    if (this.current) this.focusNote(this.current);
  }

  drawChoice() {
    for (const key of this.chosenNotes) if (!this.cards.has(key)) this.chosenNotes.delete(key);
    for (const [key, card] of this.cards) {
      const isChosen = this.chosenNotes.has(key);
      const words = card.querySelector('.words');
      if (card.classList.toggle('selected', isChosen) || words.ariaPressed) words.ariaPressed = String(isChosen);
    }
    const count = this.chosenNotes.size;
    const unseen = [...this.chosenNotes].filter((key) => this.cards.get(key).hidden).length;
    this.choiceBar.hidden = !count;
    this.choiceMerge.disabled = count < 2;
    const said = say(count === 1 ? WORDS.oneChosen : WORDS.chosenCount, { count });
    this.choiceCount.textContent = unseen ? `${said} ${say(WORDS.unseen, { count: unseen })}` : said;
  }

  async changeChosen(change, done) {
    if (!await this.change({ ...change, notes: [...this.chosenNotes] }, done)) this.chooseNone();
  }

  mergeChosen() {
    if (this.chosenNotes.size > 1) this.changeChosen({ do: 'merge_several', into: [...this.chosenNotes][0] }, WORDS.merged);
  }

  choiceMenu() {
    return [...this.lying.keys()].map((column) => [this.records.titleOf(column),
      () => this.changeChosen({ do: 'move_several', cluster: column === NEW ? null : column }, WORDS.saved)]);
  }

  // They leave the wall at once; why is asked afterwards, once for all.
  async hideChosen() {
    const notes = [...this.chosenNotes];
    if (await this.change({ do: 'hide_several', notes }, WORDS.hiddenNow)) return;
    this.chooseNone();
    this.ask(WORDS.whyHidden, [{ name: 'why', label: WORDS.why, most: 200, required: true }],
      (values) => ({ do: 'hide_several', notes, ...values }), '', WORDS.hiddenNow);
  }
}
