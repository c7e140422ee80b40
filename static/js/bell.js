/* The bell in the head of every page: how many are unread, live; the last ones in a panel.
   A new one makes the figure grow and is read out once; nothing moves, blinks or sounds. */

import { csrfToken, get, post } from "./api.js";
import { announce, h } from "./dom.js";
import { momentWords } from "./format.js";
import { gettext, interpolate, ngettext } from "./i18n.js";

const API = "/api/v1/notifications/";
const SHOWN = 12;
const MOST = 99;
const SPREAD_MS = 900; // an edition reaches five hundred pages at once: they ask one after another
const GAP = 6;

let bell = null;
let panel = null;
let unread = 0;
let listed = Infinity; // on the page of the list: how many unread ones it may show
let asking = null;

/* True when this page has a bell and so wants the line. */
export function start(live) {
  bell = document.querySelector("[data-bell]");
  if (!bell) return false;
  bell.addEventListener("click", (e) => {
    if (e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    toggle();
  });
  if (location.pathname === bell.pathname) mendList();
  refresh();
  live.subscribe("me");
  live.addEventListener("event", ({ detail }) => {
    if (detail.topic !== "me") return;
    if (detail.name === "notification.new") soon({ isNew: true });
    else if (detail.name === "notification.read") soon({});
  });
  document.addEventListener("visibilitychange", () => !document.hidden && unread && readHere());
  // What came before this page listened, or while the line was down, was not heard.
  live.addEventListener("subscribed", ({ detail }) => detail.topic === "me" && soon({}));
  return true;
}

function soon({ isNew = false }) {
  const wanted = isNew || asking?.isNew;
  clearTimeout(asking?.timer);
  asking = { isNew: wanted, timer: setTimeout(() => { asking = null; refresh({ isNew: wanted }); }, Math.random() * SPREAD_MS) };
}

async function refresh({ isNew = false } = {}) {
  let told;
  try {
    told = await get(`${API}unread/`);
  } catch (error) {
    // The figure stays as it was; the next event or reconnect asks again.
    console.info("bell", error.message);
    return;
  }
  const before = unread;
  const isUnlisted = told.unread > listed;
  show(told.unread);
  if (isNew && unread > before) announce(words());
  if (unread && !document.hidden) await readHere();
  // One that came between the page and its line to the house was not heard, but is counted.
  if (isNew || isUnlisted) document.dispatchEvent(new CustomEvent("notification:new"));
  if (panel?.matches(":popover-open")) fill();
}

function show(n) {
  unread = n;
  listed = Math.min(listed, n);
  const count = bell.querySelector("[data-bell-count]");
  count.hidden = n === 0;
  count.textContent = n > MOST ? `${MOST}+` : String(n);
  bell.setAttribute("aria-label", words());
}

function words() {
  if (!unread) return gettext("Notifications");
  return interpolate(ngettext("Notifications, %(n)s unread", "Notifications, %(n)s unread", unread), { n: unread > MOST ? `${MOST}+` : unread });
}

/* ---- the panel ---- */

function toggle() {
  panel ??= make();
  if (panel.matches(":popover-open")) {
    panel.hidePopover();
    return;
  }
  panel.showPopover();
  place();
  bell.setAttribute("aria-expanded", "true");
  fill({ focus: true });
}

function make() {
  const made = h("div", { class: "notices-panel", id: "bell-panel", popover: "auto", role: "dialog", "aria-label": gettext("Notifications"), tabindex: "-1" });
  made.addEventListener("toggle", (e) => {
    if (e.newState !== "closed") return;
    bell.setAttribute("aria-expanded", "false");
    if (made.contains(document.activeElement) || document.activeElement === document.body) bell.focus();
  });
  made.addEventListener("keydown", onKey);
  // A press on the bell while the panel is open would close it and open it again.
  bell.addEventListener("pointerdown", () => {
    if (made.matches(":popover-open")) bell.addEventListener("click", (e) => { e.stopImmediatePropagation(); e.preventDefault(); }, { once: true, capture: true });
  }, true);
  document.body.append(made);
  return made;
}

function place() {
  const b = bell.getBoundingClientRect();
  const m = panel.getBoundingClientRect();
  const beside = b.left < m.width / 2 && innerWidth > m.width * 2; // the rail of the desk
  const left = beside ? b.right + GAP : Math.max(Math.min(b.right - m.width, innerWidth - m.width - GAP), GAP);
  const top = beside ? Math.max(Math.min(b.top, innerHeight - m.height - GAP), GAP) : b.bottom + GAP;
  panel.style.setProperty("left", `${left}px`);
  panel.style.setProperty("top", `${top}px`);
}

async function fill({ focus = false } = {}) {
  if (!panel.firstChild) panel.append(h("div", { class: "skeleton" }, h("span"), h("span"), h("span")));
  let page;
  try {
    page = await get(`${API}?limit=${SHOWN}`);
  } catch (error) {
    panel.replaceChildren(h("div", { class: "notices-panel__none" }, h("p", {}, error.message), h("button", { class: "btn btn--small", type: "button", onclick: () => fill({ focus: true }) }, gettext("Try again"))));
    return;
  }
  show(page.unread);
  const all = h("button", { class: "link-btn", type: "button", disabled: page.unread === 0, onclick: readAll }, gettext("All read"));
  const head = h("header", { class: "notices-panel__head" }, h("h2", {}, gettext("Notifications")), all);
  const list = page.data.length
    ? h("ul", { class: "notices" }, page.data.map((one) => h("li", {}, row(one))))
    : h("div", { class: "notices-panel__none" }, h("p", { class: "notices-panel__line" }, gettext("Nothing to tell you.")), h("p", {}, gettext("What happens to your things appears here.")));
  const foot = h("footer", { class: "notices-panel__foot" }, h("a", { href: "/notifications/" }, gettext("All notifications")), h("a", { href: "/profile/notices/" }, gettext("What I am told")));
  const at = [...panel.querySelectorAll(".notice")].indexOf(document.activeElement);
  panel.replaceChildren(head, list, foot);
  place();
  if (focus) (panel.querySelector(".notice") ?? panel).focus();
  else if (at >= 0) panel.querySelectorAll(".notice")[at]?.focus();
}

function row(one) {
  const isUnread = !one.read_at;
  return h(
    "a",
    { class: `notice${isUnread ? " notice--unread" : ""}`, href: one.url, onclick: () => isUnread && read(one.id) },
    h("span", { class: "notice__dot", "aria-hidden": "true" }),
    h("span", { class: "notice__what" },
      h("span", { class: "notice__title" }, isUnread ? h("span", { class: "sr-only" }, gettext("Unread:")) : null, one.title),
      one.body ? h("span", { class: "notice__body" }, one.body) : null,
      h("span", { class: "notice__meta" }, h("time", { datetime: one.at }, momentWords(one.at)), h("span", {}, one.kind_label))),
  );
}

/* The page goes away with the press: the browser finishes this one by itself. */
function read(id) {
  fetch(`${API}${id}/reading/`, { method: "POST", keepalive: true, credentials: "same-origin", headers: { "X-CSRFToken": csrfToken() } });
}

/* Whoever looks at the page that a notification is about has read it. */
async function readHere() {
  try {
    const { unread: left } = await post(`${API}readings/`, { url: location.pathname + location.search });
    show(left);
  } catch (error) {
    console.info("bell", error.message);
  }
}

async function readAll() {
  const { unread: left } = await post(`${API}readings/`, {});
  show(left);
  fill({ focus: true });
}

function onKey(e) {
  const rows = [...panel.querySelectorAll(".notice")];
  const here = rows.indexOf(document.activeElement);
  const to = { ArrowDown: Math.min(here + 1, rows.length - 1), ArrowUp: Math.max(here - 1, 0), Home: 0, End: rows.length - 1 }[e.key];
  if (to === undefined || !rows.length) return;
  e.preventDefault();
  rows[to].focus();
}

/* ---- the page /notifications/ ---- */

function mendList() {
  for (const link of document.querySelectorAll("[data-notification]")) {
    link.addEventListener("click", () => link.classList.contains("notice--unread") && read(link.dataset.notification));
  }
  // New ones are offered, not pushed in: what one is about to press must not move.
  const more = document.querySelector("[data-new-notices]");
  if (!more) return;
  listed = Number(more.dataset.newNotices);
  document.addEventListener("notification:new", () => { more.hidden = false; });
}
