/* The front door: digit keys open one's doors, the password can be shown. */

import { add } from "./keys.js";
import { gettext } from "./i18n.js";

for (const door of document.querySelectorAll("[data-digit]")) {
  add({
    key: door.dataset.digit,
    group: gettext("Doors"),
    label: door.querySelector(".door__title")?.textContent ?? "",
    run: () => door.click(),
  });
}

for (const button of document.querySelectorAll("[data-reveal]")) button.hidden = false;
