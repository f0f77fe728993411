// Follows the vote: counts every second, and the page itself when the vote has moved on or results are live.
"use strict";
const { code, reveal, block = "" } = document.body.dataset;
const isBlank = "blank" in document.body.dataset;
let state = document.body.dataset.state;

// The clock of the workshop's block runs from the seconds that the server said were left.
let clock = null;
function wind(left, paused) {
  clock = left == null ? null : { left: Number(left), paused, since: performance.now() };
  tick();
}
function tick() {
  const shown = document.querySelector(".clock");
  if (!clock || !shown) return;
  const seconds = Math.round(clock.left - (clock.paused ? 0 : (performance.now() - clock.since) / 1000));
  const words = `${Math.floor(Math.abs(seconds) / 60)}:${String(Math.abs(seconds) % 60).padStart(2, "0")}`;
  shown.textContent = (seconds < 0 ? `+${words} over time` : words) + (clock.paused ? " · paused" : "");
  shown.classList.toggle("over", seconds < 0);
}

async function renew() {
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = document.querySelector("main");
  if (next.querySelector("main").innerHTML !== main.innerHTML) main.replaceWith(next.querySelector("main"));
  state = next.body.dataset.state;
}

async function look() {
  try {
    const answer = await fetch(`/j/${code}/state`, { cache: "no-store", credentials: "omit" });
    if (!answer.ok) return;
    const now = await answer.json();
    if (String(now.block ?? "") !== block || Boolean(now.blank) !== isBlank) return void location.reload();
    if (now.state !== state || (reveal === "live" && now.state === "open")) await renew();
    // the whole second of the server's answer is up to one late: only a real change moves the clock
    if (clock && (clock.paused !== now.paused || Math.abs(clock.left - (clock.paused ? 0 : (performance.now() - clock.since) / 1000) - now.left) > 1.5)) wind(now.left, now.paused);
    for (const name of ["voted", "joined"]) {
      const place = document.getElementById(name);
      if (place) place.textContent = now[name];
    }
  } catch {
    // no network; retried at the next poll
  }
}

const start = document.querySelector(".clock")?.dataset;
wind(start?.left, start && "paused" in start);
setInterval(tick, 500);
setInterval(look, 1000);
