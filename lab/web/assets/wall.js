// Follows the vote: counts every second, and the page itself when the vote has moved on or results are live.
"use strict";
const { code, reveal, block = "" } = document.body.dataset;
const isBlank = "blank" in document.body.dataset;
let state = document.body.dataset.state;

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
    for (const name of ["voted", "joined"]) {
      const place = document.getElementById(name);
      if (place) place.textContent = now[name];
    }
  } catch {
    // no network; retried at the next poll
  }
}

setInterval(look, 1000);
