/* What every page does: clocks burn, the theme follows, menus open, keys work, the line is held. */

import * as bell from "./bell.js";
import * as clock from "./clock.js";
import * as keys from "./keys.js";
import { pageLive } from "./live.js";
import { attach } from "./livebanner.js";
import * as menu from "./menu.js";
import * as theme from "./theme.js";

theme.start();
clock.start();
menu.start();
keys.start();

const live = pageLive();
if (live) {
  live.addEventListener("hello", (e) => e.detail.now && clock.setServerNow(e.detail.now));
  const region = document.querySelector("[data-live-banner]");
  if (region) attach(live, region);
  // The bell wants the line on every page that has one; the others say so by their body.
  if (bell.start(live) || document.body.hasAttribute("data-live")) live.connect();
}

// The error summary takes the focus, so that it is read first.
document.querySelector("[data-focus]")?.focus();

// A form goes once: a second press while it is on its way does nothing and loses nothing.
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (form.method === "dialog" || form.hasAttribute("data-many")) return;
  if (form.dataset.going) {
    e.preventDefault();
    return;
  }
  queueMicrotask(() => {
    if (e.defaultPrevented) return;
    form.dataset.going = "1";
    e.submitter?.setAttribute("aria-busy", "true");
  });
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-going]")) {
    delete form.dataset.going;
    form.querySelectorAll("[aria-busy]").forEach((b) => b.removeAttribute("aria-busy"));
  }
});

for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.textContent = shown ? button.dataset.show : button.dataset.hide;
    button.setAttribute("aria-pressed", String(!shown));
    field.focus();
  });
}
