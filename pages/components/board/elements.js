const SHAPES = {
  calm: 'M5 0a5 5 0 1 0 0 10a5 5 0 1 0 0-10z',
  watch: 'M5 0L10 5L5 10L0 5z',
  at_risk: 'M5 0.5L10 9.5H0z',
  critical: 'M0 0H10V10H0z',
  clock: 'M6 1a5 5 0 1 0 0 10a5 5 0 1 0 0-10zM6 3.2V6l2 1.4',
  flag: 'M2.5 11.5V1h7L7.6 3.7L9.5 6.4h-7',
};

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function shape(name, size) {
  const space = 'http://www.w3.org/2000/svg';
  const drawing = document.createElementNS(space, 'svg');
  drawing.setAttribute('viewBox', `0 0 ${size} ${size}`);
  drawing.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', SHAPES[name]);
  drawing.append(path);
  return drawing;
}

// A function as replacement: in a plain string "$&" in somebody's title would be taken as a pattern.
export function say(sentence, values) {
  return sentence.replace(/[{](\w+)[}]/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
