/* One small notice at the bottom, 8 seconds, paused while the pointer or the focus is on it.
   Never for an error that needs an act: that belongs beside what failed. */

import { h, icon } from "./dom.js";
import { gettext, interpolate } from "./i18n.js";

let current = null;

export function toast(text, { undo, undoLabel = gettext("Undo"), seconds = 8 } = {}) {
  current?.close();
  const region = document.getElementById("toasts");
  if (!region) return null;
  let left = seconds;
  let held = false;
  const rest = h("span", { class: "toast__left", "aria-hidden": "true" });
  const element = h("div", { class: "toast" }, icon("check"), h("span", {}, text));
  if (undo) {
    element.append(
      h("button", { class: "toast__undo", type: "button", onclick: () => { close(); undo(); } }, undoLabel),
      rest,
    );
  }
  const tell = () => { rest.textContent = interpolate(gettext("%(seconds)s s"), { seconds: left }); };
  const timer = setInterval(() => {
    if (held) return;
    left -= 1;
    if (left <= 0) close();
    else tell();
  }, 1000);
  function close() {
    clearInterval(timer);
    element.remove();
    if (current?.element === element) current = null;
  }
  for (const [event, value] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) {
    element.addEventListener(event, () => { held = value; });
  }
  tell();
  region.replaceChildren(element);
  current = { element, close };
  return current;
}
