// A page outlives its connection: the server's half may be the same as before, or a new one that knows nothing.
const FIELDS = 'input, textarea';
let connection = null;
let held = null;    // the field that was typed in: while there is no connection it can't have the focus
let place = 0;      // its place among the fields of that name
let typed = null;   // what was typed in it since it has the focus; fields outside of forms send it when left

const fieldsLike = (field) =>
  [...document.querySelectorAll(field.localName)].filter((one) => one.ariaLabel === field.ariaLabel);

document.addEventListener('focusin', ({ target }) => {
  if (!target.matches(FIELDS) || target === held) return;
  held = target;
  place = fieldsLike(target).indexOf(target);
  typed = null;
});
document.addEventListener('input', ({ target }) => { if (target === held) typed = target.value; });
document.addEventListener('focusout', ({ target }) => { if (target === held && !target.disabled) typed = null; });
document.addEventListener('keydown', ({ key }) => { if (key === 'Enter') typed = null; });

// As if it were typed again: React looks at the field's own setter.
function type(field, words) {
  const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value');
  set.call(field, words);
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

// The field itself may have been drawn anew. It can't take the focus before it is enabled again.
function goOn(tries) {
  if (!held || (document.activeElement && document.activeElement.matches(FIELDS))) return;
  const field = held.isConnected ? held : fieldsLike(held)[place];
  if (field && !field.disabled) {
    const words = field === held ? null : typed;
    field.focus();
    if (words !== null && field.value !== words) type(field, words);
    const end = field.value.length;
    if (field.selectionStart !== null) field.setSelectionRange(end, end);
  } else if (tries > 0) {
    setTimeout(goOn, 100, tries - 1);
  }
}

export default function (component) {
  if (!component.data) return;
  const now = component.data.connection;
  if (connection !== null && connection !== now) setTimeout(goOn, 100, 100);
  connection = now;
}
