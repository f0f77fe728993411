// A page outlives its connection: the server's half may be the same as before, or a new one that knows nothing.
const FIELDS = 'input, textarea';
let connection = null;
let held = null;   // the field that was typed in: while there is no connection it can't have the focus

document.addEventListener('focusin', ({ target }) => { if (target.matches(FIELDS)) held = target; });

// The field itself, or the one that was drawn in its place.
function sameField() {
  if (!held || held.isConnected) return held;
  return [...document.querySelectorAll(held.localName)].find((one) => one.ariaLabel === held.ariaLabel);
}

// A field can't take the focus before it is enabled again.
function takeFocusBack(tries) {
  if (document.activeElement && document.activeElement.matches(FIELDS)) return;
  const field = sameField();
  if (field && !field.disabled) {
    field.focus();
    const end = field.value.length;
    if (field.selectionStart !== null) field.setSelectionRange(end, end);
  } else if (tries > 0) {
    setTimeout(takeFocusBack, 100, tries - 1);
  }
}

export default function (component) {
  if (!component.data) return;
  const now = component.data.connection;
  if (connection !== null && connection !== now) {
    component.setTriggerValue('again', true);
    takeFocusBack(30);
  }
  connection = now;
}
