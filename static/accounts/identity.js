/* Pages of signing up and of the second step: passwords can be shown, an invitation is read from
   behind the # (so that no log and no referrer has it), recovery codes can be copied and printed. */

import { wireCodes } from "./codes.js";

for (const button of document.querySelectorAll("[data-reveal]")) button.hidden = false;

const secret = document.querySelector("[data-secret] input");
if (secret && location.hash.length > 20) {
  secret.value = location.hash.slice(1);
  secret.closest("[data-secret]").hidden = true;
  history.replaceState(null, "", location.pathname);
  document.querySelector("input[type=password]")?.focus();
}

const codes = document.querySelector(".codes");
if (codes) {
  wireCodes(codes);
  codes.focus();
}
