// Two notes when the time of a block ends, where a host has switched the signal on. A browser lets a page sound only
// once somebody has pressed something in it.
"use strict";
const EVERY = 250; // ms between looks at the clock
const NOTES = [[0, 660], [0.25, 880]]; // seconds from now, hertz
let audio = null;
let wasOver = null;

function wake() {
  audio ??= new AudioContext();
  audio.resume();
}

function ring() {
  for (const [after, pitch] of NOTES) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const starts = audio.currentTime + after;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.3, starts);
    volume.gain.exponentialRampToValueAtTime(0.001, starts + 0.5);
    tone.connect(volume).connect(audio.destination);
    tone.start(starts);
    tone.stop(starts + 0.5);
  }
  document.body.dataset.rang = String(Number(document.body.dataset.rang || 0) + 1);
}

addEventListener("pointerdown", wake);
addEventListener("keydown", wake);
setInterval(() => {
  const clock = document.querySelector(".clock");
  const isOver = clock?.classList.contains("over") ?? null;
  if (isOver && wasOver === false && "signal" in clock.dataset && audio) ring();
  wasOver = isOver;
}, EVERY);
