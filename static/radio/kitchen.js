/* Kitchen: one key an act; the lists follow what others do, the case on the table is never moved. */

import { fragment } from "../js/api.js";
import { announce } from "../js/dom.js";
import { gettext, interpolate } from "../js/i18n.js";
import { add } from "../js/keys.js";
import { pageLive } from "../js/live.js";

const REFRESH_AFTER_MS = 300;

for (const act of document.querySelectorAll("[data-key]")) {
  add({
    key: act.dataset.key,
    group: gettext("Central kitchen"),
    label: act.firstChild?.textContent.trim() || act.textContent.trim(),
    when: () => !act.disabled,
    run: () => act.click(),
  });
}

for (const opener of document.querySelectorAll("[data-open-dialog]")) {
  const dialog = document.getElementById(opener.dataset.openDialog);
  opener.addEventListener("click", () => {
    dialog.showModal();
    dialog.querySelector("textarea, input[type=radio]")?.focus();
  });
  dialog.querySelector("[data-close-dialog]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => opener.focus());
  if (dialog.hasAttribute("data-open-now")) dialog.showModal();
}

for (const counter of document.querySelectorAll("[data-count]")) {
  const field = document.getElementById(counter.dataset.count);
  const limit = Number(counter.dataset.limit);
  const count = () => {
    const length = [...field.value.trim().normalize("NFC")].length;
    counter.textContent = interpolate(gettext("%(length)s / %(limit)s"), { length, limit });
    counter.classList.toggle("is-over", length > limit);
    field.setAttribute("aria-invalid", String(length > limit));
  };
  field.addEventListener("input", count);
  count();
}

const live = pageLive();
if (live) {
  let timer = null;
  live.subscribe("kitchen");
  live.addEventListener("event", ({ detail }) => {
    if (/^(case|edition)\./.test(detail.name)) timer ??= setTimeout(refresh, REFRESH_AFTER_MS);
  });
  live.addEventListener("state", ({ detail }) => detail.state === "online" && (timer ??= setTimeout(refresh, REFRESH_AFTER_MS)));

  const refresh = async () => {
    timer = null;
    let text;
    try {
      text = await fragment(location.pathname);
    } catch {
      return; // the strip on top says that the line is down; the next event asks again
    }
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const id of ["kitchen-queue", "kitchen-editions", "kitchen-fate"]) {
      const [mine, theirs] = [document.getElementById(id), fresh.getElementById(id)];
      if (mine && theirs && mine.innerHTML !== theirs.innerHTML) {
        const scrolled = mine.scrollTop;
        const href = mine.contains(document.activeElement) && document.activeElement.getAttribute("href");
        mine.replaceChildren(...theirs.childNodes);
        mine.scrollTop = scrolled;
        if (href) refocus(mine, href);
        if (id === "kitchen-queue") counted(mine);
        if (id === "kitchen-fate" && mine.textContent.trim()) decided(mine.textContent.trim());
      }
    }
  };
}

/* Whoever walks a list by keys goes on where they were; where that is gone, at its beginning. */
function refocus(list, href) {
  const links = [...list.querySelectorAll("a[href]")];
  (links.find((a) => a.getAttribute("href") === href) ?? links[0])?.focus({ preventScroll: true });
}

/* The line on top says the same number as the list. */
function counted(queue) {
  const here = document.querySelector(".topbar__nav [aria-current]");
  const waiting = Number(queue.querySelector("[data-waiting]").dataset.waiting);
  if (here) here.textContent = waiting ? `${gettext("Central kitchen")} ${waiting}` : gettext("Central kitchen");
}

/* Somebody else was faster: say so, and take the acts away; what was typed stays readable. */
function decided(text) {
  announce(text, { atOnce: true });
  for (const act of document.querySelectorAll(".kitchen__acts button")) act.disabled = true;
}
