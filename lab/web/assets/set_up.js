// Proposes the browser's time zone and the address it shows, where nobody has chosen one yet. Without this script the fields
// are filled in by hand.
"use strict";
for (const field of document.querySelectorAll("input[data-guess-time-zone]")) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (here && field.value === field.defaultValue) field.value = here;
}
for (const field of document.querySelectorAll("input[data-shown-address]")) field.value = location.origin;
for (const field of document.querySelectorAll("input[data-guess-address]")) {
  const isThisMachine = /^(localhost|.*\.localhost|127\..*|\[::1\])$/.test(location.hostname);
  if (!isThisMachine && field.value === "") field.value = location.origin;
}
