// The remote follows the room by itself and shows its clock by the second. Without a script its buttons work as they are.
"use strict";
const FOLLOW_EVERY = 2000; // ms
let ends = null;
let busy = false;

function wind() {
  const clock = document.querySelector(".clock");
  ends = clock && { left: Number(clock.dataset.left), paused: "paused" in clock.dataset, since: performance.now() };
  tick();
}

function tick() {
  const clock = document.querySelector(".clock");
  if (!ends || !clock) return;
  const seconds = Math.round(ends.left - (ends.paused ? 0 : (performance.now() - ends.since) / 1000));
  const time = `${Math.floor(Math.abs(seconds) / 60)}:${String(Math.abs(seconds) % 60).padStart(2, "0")}`;
  clock.textContent = (seconds < 0 ? `+${time} over time` : `${time} left`) + (ends.paused ? ", paused" : "");
  clock.classList.toggle("over", seconds < 0);
}

async function renew(asked) {
  if (busy) return;
  busy = true;
  const offline = document.getElementById("offline");
  try {
    const answer = await asked();
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    if (!next?.querySelector("#remote")) return location.reload();
    const focused = document.activeElement?.value;
    document.querySelector("main").replaceChildren(...next.childNodes);
    if (focused) document.querySelector(`button[value="${CSS.escape(focused)}"]`)?.focus();
    wind();
  } catch {
    if (offline) offline.hidden = false;
  } finally {
    busy = false;
  }
}

addEventListener("submit", (event) => {
  if (!event.submitter?.value || busy) return;
  event.preventDefault();
  const form = event.target;
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  renew(() => fetch(form.action, { method: "POST", body: fields }));
});
setInterval(tick, 250);
setInterval(() => {
  if (document.visibilityState === "visible") renew(() => fetch(location.pathname, { cache: "no-store" }));
}, FOLLOW_EVERY);
wind();
