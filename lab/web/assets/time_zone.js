// Guesses the lab's time zone from the browser's, where nobody has chosen one yet. Without it the field is filled in by hand.
"use strict";
for (const field of document.querySelectorAll("input[data-guess-time-zone]")) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (here && field.value === field.defaultValue) field.value = here;
}
