/* Reading: what was on the screen long enough counts as read; a new edition says so without moving the page. */

import { csrfToken, post } from "../js/api.js";
import { h, icon } from "../js/dom.js";
import { gettext } from "../js/i18n.js";
import { pageLive } from "../js/live.js";

const SEEN_MS = 1500;
const SEND_AFTER_MS = 800;

const edition = document.querySelector("[data-edition]");
if (edition) follow(edition);
for (const button of document.querySelectorAll("[data-copy]")) copies(button);
listen();
// On a phone the line on top is longer than the screen: begin where one is.
document.querySelector(".topbar__nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
document.querySelector(".rack__item[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

function follow(article) {
  const waiting = new Map();
  const seen = new Set();
  let timer = null;

  const send = async ({ leaving = false } = {}) => {
    timer = null;
    const cases = [...seen];
    seen.clear();
    if (!cases.length) return;
    if (leaving) {
      // The page goes away: the browser finishes this one by itself.
      fetch(article.dataset.readings, {
        method: "POST", keepalive: true, credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify({ cases }),
      });
      return;
    }
    try {
      await post(article.dataset.readings, { cases });
      told();
    } catch {
      // Kept for the next try; what was read stays read on the screen.
      cases.forEach((one) => seen.add(one));
    }
  };

  const told = () => {
    if (article.querySelector("[data-unread]")) return;
    article.querySelector("[data-mark]")?.remove();
    const state = document.querySelector(".rack__item[aria-current] [data-rack-state]");
    if (state) state.textContent = gettext("read");
  };

  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(waiting.get(target));
      if (!isIntersecting) continue;
      waiting.set(target, setTimeout(() => {
        watcher.unobserve(target);
        const story = target.closest("[data-case]");
        story.removeAttribute("data-unread");
        seen.add(story.dataset.case);
        timer ??= setTimeout(send, SEND_AFTER_MS);
      }, SEEN_MS));
    }
  }, { threshold: 1 });
  // A story is read when its last line has been on the screen.
  for (const story of article.querySelectorAll("[data-unread]")) watcher.observe(story.querySelector(".echo"));

  const bar = document.querySelector("[data-progress]");
  const measure = () => {
    const reach = document.documentElement.scrollHeight - innerHeight;
    bar?.style.setProperty("--read", reach > 0 ? Math.min(scrollY / reach, 1).toFixed(3) : "1");
  };
  addEventListener("scroll", measure, { passive: true });
  addEventListener("resize", measure);
  addEventListener("pagehide", () => send({ leaving: true }));
  measure();
}

function listen() {
  const live = pageLive();
  if (!live) return;
  live.subscribe("radio");
  live.addEventListener("event", ({ detail }) => {
    if (detail.name === "edition.aired") soon();
    const list = document.querySelector("[data-reload-on]");
    if (list?.dataset.reloadOn.split(" ").includes(detail.name)) location.reload();
  });
  // Nine o'clock itself, should the line be down.
  const opens = document.querySelector("[data-opens]");
  opens?.querySelector("[data-clock]")?.addEventListener("clock:state", ({ detail }) => detail.state === "breached" && soon());
}

let offered = false;
function soon() {
  if (offered || !document.querySelector(".edition")) return;
  offered = true;
  if (document.querySelector("[data-waits]")) {
    location.reload();
    return;
  }
  document.querySelector("main").prepend(h(
    "div", { class: "banner banner--info", role: "status" }, icon("radio"),
    h("span", { class: "banner__text" }, gettext("A new edition is out.")),
    h("a", { class: "btn btn--small", href: "/radio/" }, gettext("Read it")),
  ));
}

function copies(button) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = !navigator.clipboard;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.querySelector("span").textContent = gettext("Copied");
  });
}
