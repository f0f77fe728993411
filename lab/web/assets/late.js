// What a vote or a workshop no longer took stays readable on this phone until its owner throws it away.
"use strict";
window.tooLate = (() => {
  const { code, state, block = "" } = document.body.dataset;
  const place = `late:${code}`;
  const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  const write = (key, value) => {
    try { if (value) localStorage.setItem(key, JSON.stringify(value)); else localStorage.removeItem(key); return true; } catch { return false; }
  };
  const kept = read(place) || [];
  const make = (tag, words = "") => Object.assign(document.createElement(tag), { textContent: words, dir: "auto" });

  function show() {
    document.getElementById("late")?.remove();
    const all = make("section");
    all.id = "late";
    for (const each of kept) {
      const card = make("div");
      card.className = "card";
      const lines = make("ul");
      lines.append(...each.lines.map((line) => make("li", line)));
      const away = make("button", "Throw it away");
      away.type = "button";
      away.addEventListener("click", () => { kept.splice(kept.indexOf(each), 1); write(place, kept.length && kept); show(); });
      const why = make("p", each.why);
      why.setAttribute("role", "alert");
      card.append(make("strong", each.title), why, lines, away);
      all.append(card);
    }
    if (kept.length) document.querySelector("main").prepend(all);
  }
  // Says whether it is still there after a reload.
  function add(title, why, lines) {
    if (lines.length) kept.push({ title, why, lines });
    const stays = write(place, kept.length && kept);
    show();
    return stays;
  }

  // A ballot of this code that another page left behind: one that was sent is sent again, and the server says what became of it.
  async function settle(key) {
    const draft = read(key);
    if (!draft?.lines) return;
    let why = "You had not handed this in when the vote closed, so it was not counted.";
    if (draft.waiting || !/closed|revealed/.test(state)) {
      if (!draft.waiting) why = "You have not handed this in, and the room has moved on.";
      else {
        const answer = await fetch(draft.action, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(draft.body) });
        if (answer.status >= 500 || answer.status === 429) return;
        if (!answer.ok) why = (await answer.json()).problem; else draft.lines = [];
      }
    }
    write(key);
    add(draft.title, why, draft.lines);
  }
  const own = `ballot:${code}${block && `:${block}`}`;
  const isDone = /closed|revealed/.test(state);
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(`ballot:${code}`) && (key !== own || isDone)) settle(key).catch(() => { /* no network: with the next page */ });
  } catch { /* private window */ }
  show();
  return { add, show };
})();
