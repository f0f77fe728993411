// Enhances a workshop's pages where scripts run: they follow the room by themselves, show its clock, keep what is
// being typed, and send again until the server has it. Without it everything works as pages and forms.
"use strict";
const { code } = document.body.dataset;
const isWall = document.body.classList.contains("wall");
const home = isWall ? `/j/${code}/wall` : `/j/${code}`;
const $ = (selector, within = document) => within.querySelector(selector);

// What is kept on this phone: drafts by form, and what waits to be sent.
const place = `workshop:${code}`;
const blank = () => ({ drafts: {}, queue: [] });
let kept = blank();
try { kept = JSON.parse(localStorage.getItem(place)) || blank(); } catch { /* private window */ }
const keep = () => { try { localStorage.setItem(place, JSON.stringify(kept)); } catch { /* private window */ } };
const freshKey = () => [...crypto.getRandomValues(new Uint8Array(12))].map((each) => each.toString(16).padStart(2, "0")).join("");
const pause = (least, most) => new Promise((done) => setTimeout(done, least + Math.random() * (most - least)));

const liveRegion = document.createElement("p");
liveRegion.id = "live";
liveRegion.setAttribute("role", "status");
document.body.append(liveRegion);
const say = (words) => { ($("#said") || liveRegion).textContent = words; };
const complain = (words) => { const at = $("#problem"); if (at) { at.textContent = words; if (words) at.scrollIntoView({ block: "center" }); } };

// The clock runs from the seconds that the server said were left, so a device's own time does not matter.
let clock = null;
function wind() {
  const shown = $(".clock");
  clock = shown && { shown, left: Number(shown.dataset.left), paused: "paused" in shown.dataset, since: performance.now() };
  tick();
}
function tick() {
  if (!clock) return;
  const seconds = Math.round(clock.left - (clock.paused ? 0 : (performance.now() - clock.since) / 1000));
  const size = Math.abs(seconds);
  const words = `${Math.floor(size / 60)}:${String(size % 60).padStart(2, "0")}`;
  clock.shown.textContent = (seconds < 0 ? `+${words} over time` : isWall ? words : `${words} left`) + (clock.paused ? " · paused" : "");
  clock.shown.classList.toggle("over", seconds < 0);
}
setInterval(tick, 500);

// Following the room.
let wanted = document.body.dataset.stamp;
let renewing = false;
let typedAt = 0;
const isTyping = () => document.activeElement?.tagName === "TEXTAREA" && document.activeElement.value.trim() && Date.now() - typedAt < 15000;

// What was asked for before something was sent does not show it: it is asked for once more.
function renewAgain(force) {
  if (renewing) return pause(50, 99).then(() => renewAgain(force));
  return renew(force);
}

async function renew(force = false) {
  if (renewing) return;
  renewing = true;
  try {
    for (let tries = 0; tries < 6; tries += 1) {
      const answer = await fetch(isWall ? `${home}?heard=${document.body.dataset.board || 0}` : home, { cache: "no-store" });
      if (answer.status >= 500) { await pause(800, 2500); continue; }
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!next.body.classList.contains("workshop")) {
        // the ballot's page does not send notes: those that wait go first
        for (let waits = 0; kept.queue.length && navigator.onLine && waits < 20; waits += 1) await pause(200, 300);
        return void location.replace(home);
      }
      if (next.body.dataset.stamp === wanted || tries === 5) { draw(next, force); break; }
      if (tries) wanted = next.body.dataset.stamp;
      await pause(300, 600);
    }
  } catch { /* no network: the stream or the next question finds out */ } finally { renewing = false; }
}

function draw(next, force) {
  const before = document.body.dataset;
  const now = next.body.dataset;
  const moved = before.block !== now.block || before.open !== now.open;
  if (isWall) {
    for (const part of ["#about", "#room", "#join"]) $(part).innerHTML = $(part, next).innerHTML;
    $("#noteboard").hidden = $("#noteboard", next).hidden;
  } else if (moved && !force && isTyping()) {
    return ask($("h1", next).textContent);
  } else if (moved || force) {
    $("main").replaceWith($("main", next));
    dress();
    if (moved) { liveRegion.textContent = `Now: ${$("h1").textContent}`; scrollTo(0, 0); }
  } else {
    for (const part of ["#about", "#own"]) $(part).innerHTML = $(part, next).innerHTML;
  }
  $(".moved")?.remove();
  document.title = next.title;
  Object.assign(before, now);
  wind();
}

// A person who is typing decides when to follow; after 15 seconds without typing the page follows by itself.
function ask(title) {
  if ($(".moved")) return;
  const bar = document.createElement("div");
  bar.className = "moved";
  const words = document.createElement("span");
  words.setAttribute("role", "status");
  const go = document.createElement("button");
  go.type = "button";
  go.textContent = "Go there";
  go.addEventListener("click", () => renewAgain(true));
  bar.append(words, go);
  document.body.append(bar);
  words.textContent = `The room is now at “${title}”. What you type is kept.`;
  const later = setInterval(() => { if (!isTyping()) { clearInterval(later); renew(); } }, 1000);
}

function heard(stamp) {
  if (stamp === wanted && stamp === document.body.dataset.stamp) return;
  wanted = stamp;
  pause(0, isWall ? 0 : 400).then(() => renew());
}

// The wall's stream also tells when the board has changed: the notes are there at once, and gone at once.
function heardBoard(revision) {
  if (revision === document.body.dataset.board) return;
  document.body.dataset.board = revision;
  document.dispatchEvent(new CustomEvent("board", { detail: Number(revision) }));
  if ($("#room .bars, #room .said, #room .over")) renew();
}

let source = null;
function listen() {
  if (!window.EventSource || document.hidden) return;
  source?.close();
  source = new EventSource(`${home}/events`);
  source.onmessage = (event) => {
    const [stamp, revision] = event.data.split(" ");
    heard(stamp);
    if (isWall) heardBoard(revision);
  };
}
async function look() {
  try {
    const answer = await fetch(`/j/${code}/state`, { cache: "no-store" });
    if (!answer.ok) return;
    const now = await answer.json();
    for (const name of ["here", "notes", "in_block", "reactions"]) { const at = document.getElementById(name); if (at) at.textContent = now[name]; }
    if (now.stamp) heard(now.stamp); else location.replace(home);
    if (isWall && !streams()) document.dispatchEvent(new CustomEvent("board", { detail: 0 }));
  } catch { /* no network: asked again */ }
}
const streams = () => source && source.readyState === EventSource.OPEN;
(async () => {
  listen();
  for (;;) {
    await (isWall ? pause(600, 600) : pause(2500, 4500));
    if (document.hidden) continue;
    if (isWall || !streams()) await look();
    if (source?.readyState === EventSource.CLOSED) listen();
  }
})();
const wake = () => { if (!document.hidden) { if (!streams()) listen(); send(); look(); } };
document.addEventListener("visibilitychange", wake);
addEventListener("online", wake);

// Forms: what is entered is kept as it is typed, and what is sent waits in a queue until it is acknowledged.
const fields = (form) => [...form.querySelectorAll("[name]")].filter((each) => each.type !== "hidden" && each.tagName !== "BUTTON");
const snapshot = (form) => Object.fromEntries(fields(form).filter((each) => each.type !== "radio" || each.checked).map((each) => [each.name, each.value]));
function restore(form, values) {
  for (const each of fields(form)) {
    if (!(each.name in values)) continue;
    if (each.type === "radio") each.checked = each.value === values[each.name]; else each.value = values[each.name];
  }
}

function dress() {
  for (const form of document.querySelectorAll("form[data-keep]")) {
    const draft = kept.drafts[form.dataset.keep];
    if (draft && !form.elements.words?.value) restore(form, draft.values);
    if (form.dataset.dots) steppers(form);
  }
  left();
  tooLate.show();
}

// A form as its owner would read it to somebody.
const inWords = (form) => fields(form).flatMap((each) => {
  if ((each.type === "radio" && !each.checked) || !each.value.trim() || each.value === "0") return [];
  if (each.tagName === "TEXTAREA") return [each.value];
  if (each.tagName === "SELECT") return [each.selectedOptions[0].textContent];
  const asked = each.closest("fieldset")?.querySelector("legend") || $(`label[for="${each.id}"]`, form);
  return [`${asked.firstChild.textContent.trim()}: ${each.value}`];
});

document.addEventListener("input", (event) => {
  typedAt = Date.now();
  const form = event.target.closest("form[data-keep]");
  if (!form) return;
  kept.drafts[form.dataset.keep] = { values: snapshot(form), title: form.dataset.title || "", way: form.dataset.way, lines: inWords(form) };
  keep();
});

// What was entered for a part of the workshop that is over: shown until it is sent or thrown away.
function left() {
  const isOver = /^(ended|wrapped_up)$/.test(document.body.dataset.block);
  for (const [block, { title, values, way = "note", lines = [] }] of Object.entries(kept.drafts)) {
    const isNote = way === "note";
    if (!title || $(`form[data-keep="${block}"], [data-left-over="${block}"]`) || !(isNote ? values.words?.trim() : lines.length)) continue;
    const form = document.createElement("form");
    form.className = "card";
    form.dataset.leftOver = block;
    form.innerHTML = '<label><span></span> <textarea name="words" rows="3" dir="auto"></textarea></label><div class="pair"><button class="main">Send it</button><button type="button">Throw it away</button></div>';
    const area = $("textarea", form);
    area.value = isNote ? values.words : lines.join("\n");
    area.readOnly = !isNote || isOver;
    $("span", form).textContent = `You were ${isNote ? "writing" : "answering"} for “${title}”${isOver ? " when the workshop ended. It was not handed in" : area.readOnly ? ". It was not handed in" : ""}`;
    if (area.readOnly) $(".main", form).remove();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      queue("note", { ...values, block, key: freshKey(), words: area.value }, block, title, [area.value]);
      form.remove();
    });
    $("[type=button]", form).addEventListener("click", () => { delete kept.drafts[block]; keep(); form.remove(); });
    $("#kept")?.append(form);
  }
}

function steppers(form) {
  const inputs = [...form.querySelectorAll("input[type=number]")];
  const elsewhere = [...form.querySelectorAll("input[type=hidden][name^=dots-]")].reduce((sum, each) => sum + Number(each.value), 0);
  const spare = () => Number(form.dataset.dots) - elsewhere - inputs.reduce((sum, each) => sum + Number(each.value || 0), 0);
  const redraw = [];
  for (const input of inputs) {
    const title = $(`label[for="${input.id}"]`, form).textContent;
    const line = document.createElement("div");
    const value = document.createElement("output");
    line.className = "step";
    const step = (sign, words, by) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sign;
      button.setAttribute("aria-label", `${words}: ${title}`);
      button.addEventListener("click", () => {
        input.value = String(Math.max(0, Number(input.value || 0) + by));
        input.dispatchEvent(new Event("input", { bubbles: true }));
        redraw.forEach((each) => each());
        say(`${spare()} of ${form.dataset.dots} dots left`);
      });
      return button;
    };
    const less = step("−", "One dot less", -1);
    const more = step("+", "One dot more", 1);
    line.append(less, value, more);
    input.hidden = true;
    input.after(line);
    redraw.push(() => {
      value.textContent = input.value || "0";
      less.disabled = Number(input.value || 0) < 1;
      more.disabled = spare() < 1;
      input.closest(".option").classList.toggle("chosen", Number(input.value) > 0);
    });
  }
  redraw.forEach((each) => each());
}

const token = () => $("input[name=voter]")?.value || "";
function queue(way, values, draft, title, lines) {
  kept.queue.push({ way, values, draft, title, lines, token: token() });
  if (draft) delete kept.drafts[draft];
  keep();
  send();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.name === "page") { delete kept.drafts[form.dataset.keep]; keep(); }
  // without cookies only the answer to the form itself can show what became of it
  if (!form.dataset.way || event.submitter?.name === "page" || !navigator.cookieEnabled || event.defaultPrevented) return;
  event.preventDefault();
  complain("");
  const values = Object.fromEntries(new FormData(form, event.submitter));
  delete values.voter;
  queue(form.dataset.way, values, form.dataset.keep || "", form.dataset.title || "", inWords(form));
  if (form.dataset.way === "note") {
    form.reset();
    form.elements.words.value = "";
    form.elements.key.value = freshKey();
  }
});

let sending = false;
async function send() {
  if (sending || isWall) return;
  sending = true;
  for (let wait = 1000; kept.queue.length; ) {
    const first = kept.queue[0];
    say("Sending …");
    let answer = null;
    try {
      answer = await fetch(`/j/${code}/${first.way}`, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({ ...first.values, voter: first.token || token() }),
        signal: AbortSignal.timeout(15000),
      });
    } catch { say("No connection. It is kept on this phone and sent when it is back."); }
    if (answer?.ok) {
      kept.queue.shift();
      keep();
      wait = 1000;
      say({ note: "✓ It is on the board.", dots: "✓ Your dots are in. You may change them while the phones are open.", pulse: "✓ Your answers are in.", react: "✓ The hosts see it, without your name." }[first.way] || "✓ Done.");
      if (!kept.queue.length) await renewAgain(!/^(note|react)$/.test(first.way) && !isTyping());
    } else if (answer && answer.status < 500 && answer.status !== 429) {
      const refusal = await answer.json().catch(() => ({ problem: "The server did not take this. Please reload the page." }));
      if (refusal.voter && !first.renewed) {
        // the server did not know this phone's token and sent one that is good
        for (const each of document.querySelectorAll("input[name=voter]")) each.value = refusal.voter;
        for (const each of kept.queue) each.token = refusal.voter;
        first.renewed = true;
        keep();
        continue;
      }
      kept.queue.shift();
      say("");
      if (refusal.final) tooLate.add(first.title || "Your note", refusal.problem, first.lines || [first.values.words]);
      else if (first.draft) putBack(first);
      keep();
      if (!refusal.final) complain(refusal.problem);
    } else {
      if (answer) say("The server is busy. It is kept, and sent again …");
      await Promise.race([pause(wait / 2, wait * 1.5), new Promise((done) => addEventListener("online", done, { once: true }))]);
      wait = Math.min(wait * 2, 8000);
    }
  }
  sending = false;
}

// Put refused text back where it was typed, or append it if there is other text by now.
function putBack({ way, draft, title, values, lines }) {
  const form = document.querySelector(`form[data-keep="${draft}"]`);
  const words = form?.elements.words;
  if (words?.value.trim()) values.words = `${values.words}\n${words.value}`;
  kept.drafts[draft] = { values, title, way, lines };
  keep();
  if (form) restore(form, values); else left();
}

wind();
if (!isWall) { dress(); send(); }
