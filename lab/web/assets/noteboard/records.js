// The notes and clusters of a board, as the server sent them last.

import { WORDS } from './words.js';

export const NEW = 'new';

// What the page knows of the board: what the server sent, with unanswered moves on top.
export class Records {
  constructor() {
    this.revision = 0;
    this.notes = new Map();
    this.clusters = new Map();
    this.moving = new Map();
    this.words = { group: {}, kind: {}, within_power: {}, said_back: {} };
    this.prototypes = [];
  }

  // Takes an answer of the server and returns the keys of the notes that may look different now.
  take(update) {
    const changed = new Set();
    if (update.after === 0) {
      for (const key of this.notes.keys()) changed.add(key);
      this.notes.clear();
      this.clusters.clear();
      if (update.words) this.words = update.words;
      if (update.prototypes) this.prototypes = update.prototypes;
    } else if (update.revision < this.revision) {
      return changed;
    }
    for (const cluster of update.clusters) {
      if (cluster.dropped) this.clusters.delete(cluster.id);
      else this.clusters.set(cluster.id, cluster);
    }
    for (const note of update.notes) {
      const before = this.notes.get(note.id);
      this.notes.set(note.id, note);
      for (const key of [note.id, note.merged_into, before && before.merged_into]) if (key) changed.add(key);
    }
    for (const key of update.gone || []) { this.notes.delete(key); changed.add(key); }
    this.revision = update.revision;
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

  waiting() {
    return [...this.notes.values()].filter((note) => note.waits && !note.hidden_at).length;
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
