/* One picture, as large as the window; Esc or a press closes, the focus goes back. */

import { h, icon } from "../js/dom.js";
import { gettext } from "../js/i18n.js";

export function openPicture({ url, name }, back) {
  const close = h("button", { class: "icon-btn lightbox__close", type: "button", "aria-label": gettext("Close"), onclick: () => box.close() }, icon("close"));
  const box = h(
    "dialog", { class: "lightbox", "aria-label": name || gettext("Picture") },
    close,
    h("img", { src: url, alt: name ?? "" }),
    h("p", { class: "lightbox__foot" }, h("span", { class: "clip" }, name ?? ""), h("a", { class: "btn btn--small", href: url, target: "_blank", rel: "noopener" }, icon("external"), gettext("Open alone"))),
  );
  box.addEventListener("click", (e) => (e.target === box || e.target.tagName === "IMG") && box.close());
  box.addEventListener("close", () => {
    box.remove();
    back?.focus();
  });
  document.body.append(box);
  box.showModal();
  close.focus();
}
