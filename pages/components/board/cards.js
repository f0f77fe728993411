import { element, say, shape } from './elements.js';

// A stage as a column. `look` holds the board's words, whether it is read only, the one card in the tab order and the
// move that waits for its answer.
export function drawColumn(column, index, look) {
  const { words } = look;
  const box = element('section', 'column');
  if (!column.total) box.classList.add('bare');
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
  list.append(...column.cards.map((card) => drawCard(card, look)));
  box.append(list);
  if (column.total > column.cards.length) {
    const shown = column.cards.length;
    box.append(element('p', 'partial', say(words.partial, { shown, total: column.total })));
  }
  return box;
}

function drawCard(card, look) {
  const { words, readOnly } = look;
  const face = element('li', card.closed ? 'card closed' : 'card');
  face.setAttribute('role', 'listitem');
  face.dataset.card = card.id;
  face.draggable = !readOnly;
  const reachable = card.id === look.current ? 0 : -1;
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
    if (look.pending && look.pending.card === card.id) markWaiting(face, look);
  }
  return face;
}

export function markWaiting(face, { words, pending }) {
  face.setAttribute('aria-busy', 'true');
  face.querySelector('.waiting').textContent = say(words.waiting, { column: pending.title });
}
