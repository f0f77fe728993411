// Parts of a page. What people wrote only ever becomes text (textContent).

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function button(className, text, act) {
  const made = element('button', className, text);
  made.type = 'button';
  if (act) made.addEventListener('click', act);
  return made;
}
