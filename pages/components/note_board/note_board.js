// Streamlit runs this from a blob, which has no folder: the board's modules are asked for by their full address.
const board = import(new URL('/assets/noteboard.js', window.location.origin).href);

// What Streamlit calls, again after each run of the script.
export default function mount(component) {
  const mounted = board.then((modules) => modules.default(component));
  return async () => {
    const close = await mounted;
    if (close) close();
  };
}
