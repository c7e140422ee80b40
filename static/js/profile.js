/* Settings that this browser keeps. */

import { gettext } from "./i18n.js";
import { configure, settings } from "./keys.js";
import { optIn, optOut, setSound, soundOn, state } from "./notify.js";

const notifyBox = document.querySelector("[data-notify-choice]");
const notifyWords = document.querySelector("[data-notify-state]");
const soundBox = document.querySelector("[data-sound-choice]");
const keysBox = document.querySelector("[data-keys-choice]");

function showNotify() {
  const now = state();
  notifyBox.checked = now === "on";
  notifyBox.disabled = now === "missing" || now === "denied";
  notifyWords.textContent = {
    missing: gettext("This browser has no notices."),
    denied: gettext("Notices are forbidden for this page; allow them in the browser's settings for this address."),
    on: gettext("On, in this browser."),
    off: gettext("The browser will ask you once."),
  }[now];
}

notifyBox.addEventListener("change", async () => {
  if (notifyBox.checked) await optIn();
  else optOut();
  showNotify();
});
soundBox.checked = soundOn();
soundBox.addEventListener("change", () => setSound(soundBox.checked));
keysBox.checked = !settings().off;
keysBox.addEventListener("change", () => configure({ off: !keysBox.checked }));
showNotify();
