// The board of a workshop: for its hosts inside the console, and read-only on the wall.
// What people wrote only ever becomes text (textContent); the server decides, the page shows what it said last.

import { element } from './noteboard/elements.js';
import { HostBoard } from './noteboard/host.js';
import { WallBoard } from './noteboard/wall.js';

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
