/* Recovery codes on the page: shown once, to copy or to print. */

import { announce, h, icon } from "../js/dom.js";
import { gettext } from "../js/i18n.js";

export function showCodes(codes) {
  const place = document.querySelector("[data-new-codes]");
  const section = h(
    "section",
    { class: "card stack gap-3 codes", "aria-labelledby": "codes-head", tabindex: "-1" },
    h("h2", { id: "codes-head" }, gettext("Keep these recovery codes")),
    h("p", {}, gettext("When the phone is lost, one of these opens instead. Each works once. They are shown only now: print them, or keep them where you keep passwords.")),
    h("ol", { class: "codes__list", "data-codes": "" }, codes.map((code) => h("li", {}, code))),
    h(
      "div",
      { class: "cluster" },
      h("button", { class: "btn", type: "button", "data-copy-codes": "" }, icon("copy"), gettext("Copy")),
      h("button", { class: "btn", type: "button", "data-print": "" }, icon("print"), gettext("Print")),
      h("a", { class: "btn btn--primary", href: location.href }, gettext("I have kept them")),
    ),
  );
  place.replaceChildren(section);
  wireCodes(section);
  section.focus();
}

export function wireCodes(section) {
  const copy = section.querySelector("[data-copy-codes]");
  const print = section.querySelector("[data-print]");
  copy.hidden = !navigator.clipboard;
  print.hidden = false;
  copy.addEventListener("click", async () => {
    const codes = [...section.querySelectorAll("[data-codes] li")].map((line) => line.textContent);
    await navigator.clipboard.writeText(codes.join("\n"));
    announce(gettext("Copied."));
    copy.lastChild.textContent = gettext("Copied.");
  });
  print.addEventListener("click", () => window.print());
}
