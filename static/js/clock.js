/* Every promise is a burning stick of incense. One timer per page moves all of them, corrected by
   the server's offset.

   <span class="clock is-calm" data-clock data-start="ISO" data-due="ISO" [data-warn] [data-urgent]
         [data-paused="1"] [data-announce="回复 周*宁"]>
     <span class="clock__stick"></span><time class="clock__left">…</time></span>
   <time class="clock__wait" data-since="ISO">…</time>          elapsed wait, 等 2:32

   An ancestor with data-clock-row gets data-clock-state (its row colour) and --left (the edge).
   "clock:state" bubbles from the clock when its state changes: detail {state, was}. */

import { announce } from "./dom.js";
import { momentWords, overWords, spanWords, spokenSpan, waitedWords } from "./format.js";
import { gettext, interpolate } from "./i18n.js";

const SHORT_PROMISE_MS = 600_000;
const SHORT = { warn: 100 / 180, urgent: 150 / 180 };
const LONG = { warn: 0.8, urgent: 0.95 };
const STATES = ["calm", "warn", "urgent", "breached", "paused"];

let offset = firstOffset();
let timer = null;

/* base.html says when it was rendered; the browser knows when the answer began to arrive. */
function firstOffset() {
  const said = Date.parse(document.querySelector("meta[name=server-now]")?.content ?? "");
  const [entry] = performance.getEntriesByType("navigation");
  // A page brought back by the history may be hours old: the socket's hello will tell the time.
  if (Number.isNaN(said) || entry?.type === "back_forward") return 0;
  // By this computer's clock as it is now, which may have been set right since the page was asked for.
  const ago = entry?.responseStart ? Math.max(performance.now() - entry.responseStart, 0) : 0;
  return said - (Date.now() - ago);
}

export function serverNow() {
  return Date.now() + offset;
}

/* A fresher word of the server's time (hello, pong): ``tripMs`` is how long the answer took. */
export function setServerNow(iso, tripMs = 0) {
  const said = Date.parse(iso);
  if (!Number.isNaN(said)) offset = said + tripMs / 2 - Date.now();
}

/* The state, the share left and the words of one promise; all moments in ms. */
export function face({ start, due, now, warn, urgent, paused = false }) {
  const total = Math.max(due - start, 1000);
  const left = due - now;
  const share = Math.min(Math.max(left / total, 0), 1);
  if (paused) return { state: "paused", share, words: gettext("paused") };
  if (left <= 0) return { state: "breached", share: 0, words: overWords(-left / 1000) };
  const shares = due - start <= SHORT_PROMISE_MS ? SHORT : LONG;
  const warnAt = warn ?? start + (due - start) * shares.warn;
  const urgentAt = urgent ?? start + (due - start) * shares.urgent;
  const state = now >= urgentAt ? "urgent" : now >= warnAt ? "warn" : "calm";
  const words = left >= 86_400_000 ? momentWords(due, now) : spanWords(left / 1000);
  return { state, share, words };
}

function moment(text) {
  return text ? Date.parse(text) : undefined;
}

function burn(element, now) {
  const { start, due, warn, urgent, paused, announce: what } = element.dataset;
  if (!start || !due) return;
  const shown = face({
    start: moment(start), due: moment(due), now, warn: moment(warn), urgent: moment(urgent), paused: paused === "1",
  });
  const was = STATES.find((s) => element.classList.contains(`is-${s}`));
  if (was !== shown.state) {
    element.classList.remove(...STATES.map((s) => `is-${s}`));
    element.classList.add(`is-${shown.state}`);
  }
  const left = shown.share.toFixed(3);
  const row = element.closest("[data-clock-row]");
  for (const target of row ? [element, row] : [element]) {
    if (target.style.getPropertyValue("--left") !== left) target.style.setProperty("--left", left);
  }
  if (row && row.dataset.clockState !== shown.state) row.dataset.clockState = shown.state;
  setText(element.querySelector(".clock__left"), shown.words);
  if (was && was !== shown.state) {
    element.dispatchEvent(new CustomEvent("clock:state", { bubbles: true, detail: { state: shown.state, was } }));
    if (what) say(what, shown.state, moment(due) - now);
  }
}

/* Listeners hear the thresholds only, never the ticks. */
function say(what, state, leftMs) {
  if (state === "warn") {
    announce(interpolate(gettext("%(what)s: %(span)s left"), { what, span: spokenSpan(leftMs / 1000) }));
  } else if (state === "urgent") {
    announce(interpolate(gettext("%(what)s: %(span)s left"), { what, span: spokenSpan(leftMs / 1000) }), { atOnce: true });
  } else if (state === "breached") {
    announce(interpolate(gettext("%(what)s: time is up"), { what }), { atOnce: true });
  }
}

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/* Bring every clock below ``root`` up to now; call it after new markup has arrived. */
export function refresh(root = document) {
  const now = serverNow();
  if (root instanceof Element && root.matches("[data-clock]")) burn(root, now);
  for (const element of root.querySelectorAll("[data-clock]")) burn(element, now);
  for (const element of root.querySelectorAll("[data-since]")) {
    setText(element, waitedWords((now - Date.parse(element.dataset.since)) / 1000));
  }
}

function tick() {
  if (!document.hidden) refresh();
  // On the whole second, so that all clocks of a page and of a room move together.
  timer = setTimeout(tick, 1000 - (serverNow() % 1000) + 5);
}

export function start() {
  if (timer !== null) return;
  tick();
  document.addEventListener("visibilitychange", () => !document.hidden && refresh());
}
