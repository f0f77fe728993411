const TOLERATED = 700; // ms: what the network may take without the clock jumping
const clocks = new WeakMap();
export default function ({ parentElement, data }) {
  const clock = parentElement.querySelector(".clock");
  const state = clocks.get(clock) || {};
  clocks.set(clock, state);
  const ends = performance.now() + data.left;
  if (state.block !== data.block || data.paused || Math.abs(ends - state.ends) > TOLERATED) state.ends = ends;
  Object.assign(state, { block: data.block, paused: data.paused, left: data.left });
  const draw = () => {
    const left = state.paused ? state.left : state.ends - performance.now();
    const seconds = Math.floor(Math.abs(left) / 1000), isOver = left < 0;
    const pad = (n) => String(n).padStart(2, "0");
    const time = `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
    clock.querySelector("b").textContent = (isOver ? "+" : "") + time;
    clock.querySelector("span").textContent =
      (isOver ? "over time" : "left") + (state.paused ? ", paused" : "");
    clock.classList.toggle("over", isOver);
  };
  clearInterval(state.timer);
  state.timer = setInterval(draw, 250);
  draw();
  return () => clearInterval(state.timer);
}
