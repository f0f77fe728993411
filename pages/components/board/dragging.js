// Dragging a card to another column with the mouse.
export class Dragging {
  constructor(board) {
    this.board = board;
    this.card = null;       // the card that is dragged
    this.later = null;      // data that arrived meanwhile; redrawing then would end the drag
    board.columns.addEventListener('dragstart', (event) => this.lift(event));
    board.columns.addEventListener('dragover', (event) => this.hover(event));
    board.columns.addEventListener('dragleave', (event) => this.leave(event));
    board.columns.addEventListener('drop', (event) => this.drop(event));
    board.columns.addEventListener('dragend', () => this.end());
  }

  lift(event) {
    const face = event.target.closest ? event.target.closest('.card') : null;
    if (!face || this.board.data.read_only || this.board.pending) { event.preventDefault(); return; }
    this.board.menu.close(false);
    this.card = face.dataset.card;
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', face.querySelector('.title').textContent);
    // A moment later: what is changed right now would also be in the picture that follows the mouse.
    setTimeout(() => {
      if (!this.card) return;
      face.classList.add('lifted');
      this.board.columns.classList.add('dragging');
      const own = face.closest('.column');
      for (const box of this.board.columns.children) box.classList.toggle('target', box !== own);
    }, 0);
  }

  hover(event) {
    if (!this.card) return;
    const edge = this.board.columns.getBoundingClientRect();
    if (event.clientX < edge.left + 40) this.board.columns.scrollLeft -= 14;
    if (event.clientX > edge.right - 40) this.board.columns.scrollLeft += 14;
    const box = event.target.closest('.column');
    const target = box && box.dataset.column !== this.board.place(this.card).column.id ? box : null;
    for (const one of this.board.columns.children) one.classList.toggle('over', one === target);
    if (!target) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'move';
  }

  leave(event) {
    const edge = this.board.columns.getBoundingClientRect();
    const inside = event.clientX > edge.left && event.clientX < edge.right
      && event.clientY > edge.top && event.clientY < edge.bottom;
    if (!inside) for (const one of this.board.columns.children) one.classList.remove('over');
  }

  drop(event) {
    const box = event.target.closest('.column');
    if (!this.card || !box) return;
    event.preventDefault();
    const id = this.card;
    this.end();
    const target = this.board.data.columns.find((column) => column.id === box.dataset.column);
    this.board.focusCard(id, true);
    if (target) this.board.move(id, target);
  }

  end() {
    this.card = null;
    this.board.columns.classList.remove('dragging');
    for (const box of this.board.columns.children) box.classList.remove('over', 'target');
    for (const face of this.board.columns.querySelectorAll('.lifted')) face.classList.remove('lifted');
    if (this.later) {
      const data = this.later;
      this.later = null;
      this.board.update(data, this.board.send);
    }
  }
}
