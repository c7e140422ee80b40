/* The amber strip: the line is down, what was written is kept, how many wait to go.
   Shown only after a moment, so that a short loss does not make the page jump. */

import { h, icon } from "./dom.js";
import { gettext, interpolate, ngettext } from "./i18n.js";

const SHOW_AFTER_MS = 1200;

export function attach(live, region) {
  let timer = null;
  const draw = () => {
    timer = null;
    const text = words(live);
    if (!text) {
      region.replaceChildren();
      return;
    }
    const act = live.state === "closed"
      ? h("a", { class: "btn btn--small", href: `/?next=${encodeURIComponent(location.pathname)}` }, gettext("Sign in again"))
      : h("button", { class: "btn btn--small", type: "button", onclick: () => live.retryNow() }, gettext("Try now"));
    const shown = region.querySelector(".banner__text");
    if (shown?.dataset.state === live.state) {
      if (shown.textContent !== text) shown.textContent = text;
      return;
    }
    region.replaceChildren(h("div", { class: "banner banner--warn", role: "status" }, icon(live.state === "closed" ? "warning" : "offline"), h("span", { class: "banner__text", dataset: { state: live.state } }, text), act));
  };
  const soon = () => {
    if (live.isOnline || region.firstChild || live.state === "closed") {
      clearTimeout(timer);
      draw();
    } else timer ??= setTimeout(draw, SHOW_AFTER_MS);
  };
  live.addEventListener("state", soon);
  live.addEventListener("outbox", () => region.firstChild && draw());
  soon();
}

function words(live) {
  if (live.isOnline) return "";
  const { waiting } = live.outbox.counts();
  if (live.state === "closed") {
    if (live.closedBy === "left") return "";
    return gettext("You have been signed out here. What you wrote is kept.");
  }
  if (!waiting) return gettext("The line is down, reconnecting. What you write is kept.");
  return interpolate(
    ngettext(
      "The line is down, reconnecting. What you wrote is kept; %(n)s message waits to go.",
      "The line is down, reconnecting. What you wrote is kept; %(n)s messages wait to go.",
      waiting,
    ),
    { n: waiting },
  );
}
