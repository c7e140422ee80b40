/* Panes and drawers: their widths are dragged and remembered, below 1360 and 1100 they slide over,
   below 720 one is shown at a time and the browser's back goes one back. */

import { store } from "../js/dom.js";

const LEAST = 280;
const MOST = 420;
const STEP = 16;
const PHONE = matchMedia("(max-width: 719px)");
const NARROW = matchMedia("(max-width: 1099px)");
const USUAL = { queue: 332, panel: 344 };

const desk = document.getElementById("desk");
const veil = document.getElementById("veil");
let opener = null;

export function start() {
  for (const pane of Object.keys(USUAL)) {
    setWidth(pane, store.get(`desk.width.${pane}`, USUAL[pane]));
    fold(pane, store.get(`desk.folded.${pane}`, false));
  }
  for (const grip of desk.querySelectorAll("[data-grip]")) wireGrip(grip);
  desk.addEventListener("click", (e) => {
    const button = e.target.closest("[data-drawer]");
    if (button) toggle(button.dataset.drawer);
  });
  veil.addEventListener("click", closeDrawers);
  addEventListener("popstate", () => PHONE.matches && show(history.state?.pane ?? (new URLSearchParams(location.search).get("c") ? "thread" : "queue"), { push: false }));
  PHONE.addEventListener("change", closeDrawers);
  density(store.get("desk.density", "compact"));
  desk.addEventListener("click", (e) => {
    const choice = e.target.closest("[data-density][role]");
    if (choice) density(choice.dataset.density);
  });
}

/* Where there is room for all, a pane can be folded away; that is remembered too. */
function fold(which, away) {
  desk.toggleAttribute(`data-no-${which}`, away);
  store.set(`desk.folded.${which}`, away);
}

function density(name) {
  desk.dataset.density = name;
  store.set("desk.density", name);
  for (const item of desk.querySelectorAll("[data-density][role]")) item.setAttribute("aria-checked", String(item.dataset.density === name));
}

/* On a phone: queue, thread or panel. */
export function show(pane, { push = true } = {}) {
  if (PHONE.matches && push && desk.dataset.pane !== pane) history.pushState({ pane }, "");
  desk.dataset.pane = pane;
  closeDrawers();
}

export function toggle(which) {
  if (PHONE.matches) {
    if (which === "queue") {
      if (history.state?.pane) history.back();
      else show("queue", { push: false });
    } else if (desk.dataset.pane === "panel") history.back();
    else show("panel");
    return;
  }
  if (getComputedStyle(document.getElementById(which)).position !== "fixed") {
    if (NARROW.matches) return; // the list is all there is to see until a talk is open
    fold(which, !desk.hasAttribute(`data-no-${which}`));
    return;
  }
  const open = desk.dataset.drawer === which ? "" : which;
  desk.dataset.drawer = open;
  veil.hidden = !open;
  if (!open) return;
  opener = document.activeElement;
  document.getElementById(which).focus();
}

export function closeDrawers() {
  const { drawer } = desk.dataset;
  if (!drawer) return false;
  // What slides away must not take the focus with it.
  const held = document.getElementById(drawer).contains(document.activeElement) || document.activeElement === veil;
  desk.dataset.drawer = "";
  veil.hidden = true;
  if (held) (opener?.isConnected && opener !== document.body ? opener : document.getElementById("main")).focus();
  return true;
}

function setWidth(pane, width) {
  const fitting = Math.min(Math.max(Math.round(width), LEAST), MOST);
  desk.style.setProperty(`--${pane}-width`, `${fitting}px`);
  const grip = desk.querySelector(`[data-grip="${pane}"]`);
  for (const [name, value] of [["now", fitting], ["min", LEAST], ["max", MOST]]) grip.setAttribute(`aria-value${name}`, String(value));
  return fitting;
}

function wireGrip(grip) {
  const pane = grip.dataset.grip;
  const sign = pane === "queue" ? 1 : -1;
  const width = () => Number(grip.getAttribute("aria-valuenow"));
  grip.addEventListener("pointerdown", (down) => {
    down.preventDefault();
    grip.setPointerCapture(down.pointerId);
    const from = width();
    const move = (e) => setWidth(pane, from + sign * (e.clientX - down.clientX));
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", () => {
      grip.removeEventListener("pointermove", move);
      store.set(`desk.width.${pane}`, width());
    }, { once: true });
  });
  grip.addEventListener("keydown", (e) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[e.key];
    if (!step) return;
    e.preventDefault();
    e.stopPropagation();
    store.set(`desk.width.${pane}`, setWidth(pane, width() + sign * step));
  });
  grip.addEventListener("dblclick", () => store.set(`desk.width.${pane}`, setWidth(pane, USUAL[pane])));
}
