/* The buttons that ask a passkey: at the door, as second step, as a fresh proof, and to add one. */

import { post } from "../js/api.js";
import { gettext } from "../js/i18n.js";
import { showCodes } from "./codes.js";
import { canPasskeys, create, get } from "./webauthn.js";

for (const place of document.querySelectorAll("[data-passkey]")) {
  if (!canPasskeys()) {
    document.querySelector("[data-passkey-missing]")?.removeAttribute("hidden");
    continue;
  }
  place.hidden = false;
  const button = place.querySelector("[data-passkey-go]");
  button.addEventListener("click", () => ask(place, button));
}

async function ask(place, button) {
  const kind = place.dataset.passkey;
  say(place, "");
  button.setAttribute("aria-busy", "true");
  try {
    const begun = await post(place.dataset.begin, { step: kind === "step" });
    const credential = await (kind === "new" ? create : get)(begun.options);
    const name = place.querySelector("[data-passkey-name]")?.value ?? "";
    const sent = { token: begun.token, credential, ...(kind === "new" ? { name } : {}) };
    const done = await post(finishUrl(place), sent);
    if (kind === "new") added(done);
    else location.assign(kind === "prove" ? place.dataset.next : done.next);
  } catch (error) {
    if (error.code === "proof.needed") {
      location.assign(error.details.next);
      return;
    }
    say(place, words(error));
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function finishUrl(place) {
  const { finish, next } = place.dataset;
  return next && place.dataset.passkey === "sign-in" ? `${finish}?next=${encodeURIComponent(next)}` : finish;
}

/* New recovery codes are shown before anything else happens; without any the list is read anew. */
function added(done) {
  if (done.codes?.length) showCodes(done.codes);
  else location.reload();
}

function words(error) {
  if (error.name === "NotAllowedError") return gettext("Nothing happened: the passkey was not confirmed. Try again.");
  if (error.name === "InvalidStateError") return gettext("This device has a passkey for you already.");
  return error.message || gettext("This did not work. Try again.");
}

function say(place, text) {
  const line = place.querySelector("[data-passkey-said]");
  line.textContent = text;
  line.hidden = !text;
}
