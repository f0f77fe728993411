// Enhances the ballot where scripts run: choices survive sleep and reloads, sending is retried until the
// server has the ballot, ranking works by tapping, and the page follows the vote. Without it everything works as a form.
"use strict";
const { code, state, block = "" } = document.body.dataset;
const form = document.querySelector("form.ballot");
const kept = `ballot:${code}${block && `:${block}`}`;
const say = (words) => { const place = document.getElementById("said"); if (place) place.textContent = words; };

function remember(value) {
  try { if (value) localStorage.setItem(kept, JSON.stringify(value)); else localStorage.removeItem(kept); } catch { /* private window */ }
}
function remembered() {
  try { return JSON.parse(localStorage.getItem(kept)); } catch { return null; }
}

// Following the vote: poll a few bytes every 2 to 3.5 seconds, and at once when the phone wakes up.
let asking = false;
async function follow() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(`/j/${code}/state`, { cache: "no-store" });
    const now = answer.ok ? await answer.json() : { state, block };
    if ((now.state !== state || String(now.block ?? "") !== block) && !sending) {
      setTimeout(() => location.replace(`/j/${code}`), Math.random() * 700);
      return;
    }
  } catch { /* no network: asked again */ } finally { asking = false; }
}
let sending = false;
if (state !== "revealed" || block) {
  // the agenda of a workshop may move on at any time
  if (block && window.EventSource) new EventSource(`/j/${code}/events`).onmessage = follow;
  const next = () => setTimeout(async () => { await follow(); next(); }, 2000 + Math.random() * 1500);
  follow().then(next);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) follow(); });
  addEventListener("online", follow);
}

if (form) {
  const fields = () => [...form.querySelectorAll("[name]")].filter((field) => field.name !== "voter");
  const ticked = (field) => /radio|checkbox/.test(field.type);
  const key = (field) => (ticked(field) ? `${field.name}=${field.value}` : field.name);
  const snapshot = () => Object.fromEntries(fields().map((field) => [key(field), ticked(field) ? field.checked : field.value]));
  const options = form.querySelectorAll(".option").length;
  const { widget, progress: done } = form.dataset;
  let progress = () => `${form.querySelectorAll(".option input:checked:not([value='-1'])").length} of ${options} ${done}`;
  const draw = [];
  const show = (values) => {
    for (const field of fields()) {
      if (!(key(field) in values)) continue;
      if (ticked(field)) field.checked = values[key(field)]; else field.value = values[key(field)];
    }
    draw.forEach((redraw) => redraw());
  };
  // The ballot as its voter would read it to somebody.
  const inWords = () => [...form.querySelectorAll(".option")].flatMap((option) => {
    const title = option.querySelector(".title").textContent.trim();
    const [field] = option.querySelectorAll("[type=radio]:checked + span, [type=checkbox]:checked, select, [type=number]");
    const mark = field?.matches("span") ? field.textContent : field?.matches("[type=checkbox]") ? "✓" : field?.value.replace(/^0$/, "");
    const worry = option.querySelector("textarea").value.trim();
    return [mark && `${title}: ${mark}`, worry && `Your worry about ${title}: ${worry}`].filter(Boolean);
  });
  const save = (waiting = false, values = snapshot()) => remember({
    values, waiting, lines: inWords(), title: document.querySelector("h1").textContent, action: form.action, body: String(new URLSearchParams(new FormData(form))),
  });
  const past = [];
  let before = snapshot();
  const changed = () => {
    const now = snapshot();
    if (JSON.stringify(now) === JSON.stringify(before)) return;
    past.push(before);
    before = now;
    save();
    undo.hidden = false;
    draw.forEach((redraw) => redraw());
  };
  form.addEventListener("change", changed);
  form.addEventListener("input", (event) => {
    if (event.target.tagName === "TEXTAREA") save();
  });

  const undo = document.createElement("button");
  undo.type = "button";
  undo.textContent = "Undo";
  undo.hidden = true;
  undo.addEventListener("click", () => {
    if (!past.length) return;
    before = past.pop();
    show(before);
    save();
    undo.hidden = !past.length;
    say(`Undone. ${progress()}`);
  });
  const main = form.querySelector("button.main");
  const row = document.createElement("div");
  main.replaceWith(row);
  row.append(undo, main);

  if (widget === "order") {
    const selects = [...form.querySelectorAll("select")];
    progress = () => `${order().length} of ${options} ${done}`;
    const order = () => selects.filter((each) => each.value).sort((a, b) => a.value - b.value);
    const settle = (ranked) => {
      selects.forEach((each) => { each.value = ""; });
      ranked.forEach((each, place) => { each.value = String(place + 1); });
      changed();
    };
    for (const select of selects) {
      const label = form.querySelector(`label[for="${select.id}"]`);
      const button = document.createElement("button");
      button.type = "button";
      button.className = "place";
      const number = document.createElement("b");
      const words = document.createElement("span");
      words.textContent = label.textContent;
      words.className = "title";
      button.append(number, words);
      button.addEventListener("click", () => {
        const ranked = order();
        settle(ranked.includes(select) ? ranked.filter((each) => each !== select) : [...ranked, select]);
      });
      label.hidden = true;
      select.hidden = true;
      label.after(button);
      draw.push(() => {
        number.textContent = select.value;
        select.closest(".option").classList.toggle("chosen", Boolean(select.value));
        button.setAttribute("aria-label", `${words.textContent}: ${select.value ? `place ${select.value}, take it out` : "not ranked, make it next"}`);
      });
    }
    form.querySelector(".option").insertAdjacentHTML("beforebegin", '<p class="quiet">Tap them in your order. Tap again to take one out.</p>');
  }

  if (widget === "amount" && form.dataset.budget) {
    const budget = Number(form.dataset.budget);
    const inputs = [...form.querySelectorAll("input[type=number]")];
    progress = () => `${left()} of ${budget} dots left`;
    const left = () => budget - inputs.reduce((sum, each) => sum + Number(each.value || 0), 0);
    for (const input of inputs) {
      const title = form.querySelector(`label[for="${input.id}"]`).textContent;
      const line = document.createElement("div");
      const value = document.createElement("output");
      line.className = "step";
      const step = (sign, words, by) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = sign;
        button.setAttribute("aria-label", `${words}: ${title}`);
        button.addEventListener("click", () => { input.value = String(Math.max(0, Number(input.value || 0) + by)); changed(); });
        return button;
      };
      const less = step("−", "One dot less", -1);
      const more = step("+", "One dot more", 1);
      line.append(less, value, more);
      input.hidden = true;
      input.after(line);
      draw.push(() => {
        value.textContent = input.value || "0";
        less.disabled = Number(input.value || 0) < 1;
        more.disabled = left() < 1;
        input.closest(".option").classList.toggle("chosen", Number(input.value) > 0);
      });
    }
  }

  draw.push(() => say(progress()));
  const draft = remembered();
  show(draft ? draft.values : before);
  before = snapshot();
  if (draft) say(`Your choices are as you left them. ${progress()}`);

  // Sending: the same ballot again and again until it is acknowledged. The server counts it once.
  async function send() {
    if (sending) return;
    sending = true;
    main.disabled = true;
    document.getElementById("problem").textContent = "";
    save(true);
    let renewed = "";
    for (let wait = 1000; ; wait = Math.min(wait * 2, 8000)) {
      say("Sending …");
      try {
        const answer = await fetch(form.action, {
          method: "POST",
          headers: { Accept: "application/json" },
          body: new URLSearchParams(new FormData(form)),
          signal: AbortSignal.timeout(15000),
        });
        if (answer.ok || answer.status === 409) {
          const lines = inWords();
          remember(null);
          if (answer.status === 409 && !tooLate.add(document.querySelector("h1").textContent, (await answer.json()).problem, lines)) {
            // a private window forgets it with this page
            say("");
            scrollTo(0, 0);
            return;
          }
          location.replace(`/j/${code}`);
          return;
        }
        if (answer.status < 500 && answer.status !== 429) {
          const refusal = await answer.json().catch(() => ({ problem: "The server did not take this. Please reload the page." }));
          if (refusal.voter && !renewed) {
            // the server did not know this phone's token and sent one that is good
            form.elements.voter.value = renewed = refusal.voter;
            continue;
          }
          document.getElementById("problem").textContent = refusal.problem;
          document.getElementById("problem").scrollIntoView({ block: "center" });
          break;
        }
        say("The server is busy. Trying again …");
      } catch {
        say("No connection. Your vote is kept on this phone and sent when it is back.");
      }
      await new Promise((resolve) => {
        setTimeout(resolve, wait * (0.5 + Math.random()));
        addEventListener("online", resolve, { once: true });
      });
    }
    save();
    sending = false;
    main.disabled = false;
  }
  form.addEventListener("submit", (event) => {
    // without cookies only the answer to the form itself can show that the vote is in
    if (navigator.cookieEnabled) { event.preventDefault(); send(); }
  });
  if (draft && draft.waiting) send();
}
