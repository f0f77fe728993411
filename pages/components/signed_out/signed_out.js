// When a session ends, its screen stays in view though nobody may use it: cover it, and say how to come back.
const LOOK_EVERY = 500;
let person = null;
let cover = null;
let looking = false;

const isConnected = () => {
  const app = document.querySelector('[data-testid="stApp"]');
  return !app || app.dataset.testConnectionState === 'CONNECTED';
};

// Whoever has no session is led to the sign-in; a server that is away answers nothing.
async function isSignedOut() {
  const answer = await fetch('/', { redirect: 'manual', cache: 'no-store' }).catch(() => null);
  return answer !== null && answer.type === 'opaqueredirect';
}

function element(name, text, style) {
  const made = document.createElement(name);
  made.textContent = text;
  Object.assign(made.style, style);
  return made;
}

// A modal dialog of the browser's own: nothing below it can take the focus, not even a dialog of Streamlit's.
function putUp() {
  cover = element('dialog', '', {
    boxSizing: 'border-box', width: '100vw', height: '100vh', maxWidth: 'none', maxHeight: 'none', border: '0',
    padding: '20vh 24px 24px', textAlign: 'center', font: '16px/1.5 sans-serif',
  });
  cover.addEventListener('cancel', (event) => event.preventDefault());
  const app = getComputedStyle(document.querySelector('[data-testid="stApp"]') || document.body);
  Object.assign(cover.style, { background: app.backgroundColor, color: app.color, fontFamily: app.fontFamily });
  cover.setAttribute('role', 'alertdialog');
  cover.setAttribute('aria-label', 'You are signed out');
  cover.dataset.reactAriaTopLayer = 'true'; // else Streamlit's dialog "Connection error" makes it inert
  const link = element('a', 'Sign in (opens a new tab)', { color: 'inherit', fontWeight: '600' });
  link.href = '/sign-in';
  link.target = '_blank';
  link.rel = 'noopener';
  cover.append(
    element('h1', 'You are signed out', { font: 'inherit', fontSize: '28px', fontWeight: '700', margin: '0 0 12px' }),
    element('p', 'What you typed is still here. Sign in again, and this page goes on by itself.', { margin: '0 0 20px' }),
    link,
  );
  document.body.append(cover);
  cover.showModal();
  link.focus();
}

function takeDown() {
  cover.remove();
  cover = null;
}

async function look() {
  if (looking) return;
  looking = true;
  if (isConnected()) {
    if (cover) takeDown();
  } else if (!cover && await isSignedOut() && !isConnected()) {
    putUp();
  }
  looking = false;
}

export default function (component) {
  if (!component.data) return;
  // somebody else has signed in meanwhile: nothing that was typed here is theirs
  if (person !== null && person !== component.data.person) window.location.reload();
  if (person === null) setInterval(look, LOOK_EVERY);
  person = component.data.person;
}
