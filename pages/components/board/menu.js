import { element, say } from './elements.js';

// The other columns as a menu beside a card: the way to move it without dragging.
export class Menu {
  constructor(box, board) {
    this.box = box;
    this.board = board;
    this.opened = null;     // card whose menu is open
    this.closing = null;
    this.box.addEventListener('keydown', (event) => this.keyed(event));
  }

  open(id) {
    this.close(false);
    const place = this.board.place(id);
    const mover = this.board.faceOf(id).querySelector('.mover');
    if (this.board.pending) return;
    const heading = element('p', '', this.board.data.words.menu);
    heading.setAttribute('role', 'presentation');
    this.box.setAttribute('aria-label', say(this.board.data.words.move_card, place.card));
    const others = this.board.data.columns.filter((one) => one !== place.column);
    this.box.replaceChildren(heading, ...others.map((column) => {
      const item = element('button', '', column.title);
      item.type = 'button';
      item.setAttribute('role', 'menuitem');
      item.tabIndex = -1;
      item.addEventListener('click', () => {
        this.close(true);
        const target = this.board.data.columns.find((one) => one.id === column.id);
        if (target) this.board.move(id, target);
      });
      return item;
    }));
    this.opened = id;
    mover.setAttribute('aria-expanded', 'true');
    mover.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.box.classList.add('open');
    if (this.box.showPopover) this.box.showPopover();
    const anchor = mover.getBoundingClientRect();
    const size = this.box.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const below = anchor.bottom + 4 + size.height <= window.innerHeight - 8;
    const top = below ? anchor.bottom + 4 : Math.max(8, anchor.top - 4 - size.height);
    this.box.style.top = `${Math.min(top, Math.max(8, window.innerHeight - size.height - 8))}px`;
    this.box.style.left = `${Math.max(8, Math.min(anchor.right - size.width, width - size.width - 8))}px`;
    const first = this.box.querySelector('button');
    if (first) first.focus({ preventScroll: true });
    this.closing = new AbortController();
    const listen = { signal: this.closing.signal, capture: true };
    document.addEventListener('pointerdown', (event) => {
      const path = event.composedPath();
      const own = this.opened && this.board.faceOf(this.opened);
      const mine = own && own.querySelector('.mover');
      if (!path.includes(this.box) && !path.includes(mine)) this.close(false);
    }, listen);
    window.addEventListener('resize', () => this.close(true), listen);
    document.addEventListener('wheel', (event) => {
      if (!event.composedPath().includes(this.box)) this.close(true);
    }, { ...listen, passive: true });
  }

  close(giveBack) {
    if (!this.opened) return;
    const face = this.board.faceOf(this.opened);
    const id = this.opened;
    this.opened = null;
    this.closing.abort();
    this.box.classList.remove('open');
    if (this.box.hidePopover && this.box.matches(':popover-open')) this.box.hidePopover();
    if (!face) return;
    const mover = face.querySelector('.mover');
    if (mover) mover.setAttribute('aria-expanded', 'false');
    if (giveBack) this.board.focusCard(id, true);
  }

  keyed(event) {
    const items = [...this.box.querySelectorAll('button')];
    const at = items.indexOf(this.board.active());
    const steps = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1,
      Home: 0, End: items.length - 1 };
    event.stopPropagation();
    if (event.key in steps) items[(steps[event.key] + items.length) % items.length].focus();
    else if (event.key === 'Escape' || event.key === 'Tab') this.close(true);
    else return;
    event.preventDefault();
  }
}
