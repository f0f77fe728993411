// A page outlives its connection: the server's half may be the same as before, or a new one that knows nothing.
let connection = null;
let held = null;   // what had the focus: fields lose it while there is no connection

const isNobody = (element) => !element || element === document.body || element.getAttribute('role') === 'dialog';

document.addEventListener('focusin', (event) => { if (!isNobody(event.target)) held = event.target; });

export default function (component) {
  if (!component.data) return;
  const now = component.data.connection;
  if (connection !== null && connection !== now) {
    component.setTriggerValue('again', true);
    if (held && held.isConnected && isNobody(document.activeElement)) held.focus();
  }
  connection = now;
}
