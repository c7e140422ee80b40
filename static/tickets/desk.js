/* The workbench: the list, the talk, the customer. What each part does is in its own file; here they meet. */

import { ApiError, get, post, put } from "../js/api.js";
import { setServerNow } from "../js/clock.js";
import * as commandbar from "../js/commandbar.js";
import { h, isTextField } from "../js/dom.js";
import { momentWords } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";
import * as keys from "../js/keys.js";
import { pageLive } from "../js/live.js";
import { toast } from "../js/toast.js";
import { messageOf } from "./cards.js";
import * as layout from "./layout.js";
import { Notify } from "./notify.js";
import { Panel } from "./panel.js";
import { found } from "./found.js";
import { failed, Queue } from "./queue.js";
import { Reply } from "./reply.js";
import { Thread } from "./thread.js";

const READ_AGAIN_MS = 200;
const READ_ANYWAY_MS = 60_000;
const REPLIES_IN_BAR = 5;

const $ = (id) => document.getElementById(id);
const live = pageLive();
const queue = new Queue();
const panel = new Panel({
  body: $("panel-body"), open: (id) => open(id),
  sendOrder: (order) => thread.say(messageOf("order", order)),
  hasRadio: Boolean($("act-push")),
});
const reply = new Reply({
  say: (body) => thread.say({ body }),
  show: (card) => thread.say(card),
  about: () => thread.about,
  files: (files) => thread.files(files),
  typing: (mode) => thread.typing(mode),
  noted: () => thread.talk?.refreshNotes().catch((error) => console.warn("notes", error.message)),
  waits: () => queue.toLongest(),
});
const thread = new Thread({
  live, reply, panel,
  hooks: { desk: () => desk, changed: () => readSoon(), closed: () => shown(null), read: (id) => queue.read(id) },
});
const notify = new Notify({ open: (id) => open(id) });

let desk = null;
let soon = null;
const heard = new Map(); // topic -> stop

/* ---- the list ---- */

async function read() {
  try {
    const fresh = await get("/api/v1/desk/");
    const before = desk;
    desk = fresh;
    setServerNow(fresh.now);
    listen();
    drawMe();
    drawRest();
    queue.take(fresh, { looking: thread.isLooking ? thread.id : null });
    if (before) tellNew(before, fresh);
    const row = thread.id && queue.row(thread.id);
    if (row) thread.took(row);
    else if (thread.id) thread.refreshSoon();
    drawNone();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // The old list stays; only where there is none yet the failure takes its place.
    if (!desk) $("rows").replaceChildren(failed(error.message, read));
    else console.warn("desk", error.message);
  }
}

function readSoon() {
  clearTimeout(soon);
  soon = setTimeout(read, READ_AGAIN_MS);
}

function tellNew(before, fresh) {
  const known = new Set([...before.queue, ...before.mine].map((row) => row.id));
  const mine = new Set(before.mine.map((row) => row.id));
  for (const row of fresh.queue) if (!known.has(row.id)) notify.queued(row);
  for (const row of fresh.mine) if (!mine.has(row.id) && row.id !== thread.id) notify.queued(row);
}

/* Hear my own conversations and my teams' queues; stop hearing what has left the list. */
function listen() {
  const wanted = new Map([["me", undefined], ...desk.teams.map((team) => [`team:${team.code}`, undefined]), ...desk.mine.map((row) => [`conversation:${row.id}`, row.last_seq])]);
  for (const [topic, after] of wanted) {
    if (!heard.has(topic)) heard.set(topic, live.subscribe(topic, after === undefined ? {} : { after }));
  }
  for (const [topic, stop] of heard) {
    if (wanted.has(topic)) continue;
    stop();
    heard.delete(topic);
  }
}

function drawMe() {
  const { me, presences } = desk;
  const word = presences.find((p) => p.code === me.presence)?.name ?? me.presence;
  const label = me.reason_label ? `${word} · ${me.reason_label}` : word;
  $("load").replaceChildren(`${label} ${me.load}/${me.capacity}`);
  $("load").dataset.presence = me.presence;
  document.querySelector(".rail__me .avatar__presence").dataset.presence = me.presence;
  $("presence-since").textContent = me.since ? ` ${interpolate(gettext("%(presence)s since %(time)s"), { presence: label, time: momentWords(me.since) })}` : "";
  $("presences").replaceChildren(...presences.flatMap((p) => [presenceItem(p), reasonsOf(p)].filter(Boolean)));
}

function presenceItem({ code, name, minutes }) {
  return h(
    "button", { class: "menu__item", type: "button", role: "menuitemradio", "aria-checked": String(code === desk.me.presence), onclick: () => choosePresence(code) },
    h("span", { class: "dot", dataset: { presence: code } }), name,
    minutes ? h("span", { class: "menu__note" }, interpolate(gettext("%(n)s min"), { n: minutes })) : null,
  );
}

/* Why, in one click with the presence it goes with. */
function reasonsOf({ code, name, reasons }) {
  if (!reasons.length) return null;
  const isOn = (why) => code === desk.me.presence && why === desk.me.reason;
  return h("div", { class: "menu__reasons", role: "group", "aria-label": name }, reasons.map((why) => h(
    "button", { class: "menu__item menu__item--why", type: "button", role: "menuitemradio", "aria-checked": String(isOn(why.code)), onclick: () => choosePresence(code, why.code) },
    why.name,
  )));
}

/* After a confirmed case: a line with the break one may take now. */
function drawRest() {
  const offer = desk.rest_offer;
  $("rest").hidden = !offer;
  if (offer) $("rest-words").textContent = interpolate(gettext("You may rest, until %(time)s"), { time: momentWords(offer.until) });
}

async function rest() {
  try {
    await post(`/api/v1/harassment-cases/${desk.rest_offer.case}/rest/`, {});
    await read();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message);
  }
}

async function choosePresence(presence, reason = "") {
  try {
    await put("/api/v1/presence/", { presence, reason });
    await read();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message);
  }
}

function drawNone() {
  const waiting = desk.counts.queue;
  const [line, what, act] = desk.mine.length || waiting
    ? [gettext("Whom first?"), gettext("Choose on the left, or go to the longest waiting."), h("button", { class: "btn btn--primary btn--small", type: "button", onclick: () => (queue.toLongest() || next()) }, gettext("To the longest"), h("kbd", { class: "kbd" }, "J"))]
    : [gettext("Everyone is looked after"), gettext("Nobody is waiting; new ones appear by themselves."), null];
  $("none-words").replaceChildren(h("p", { class: "empty__line" }, line), h("p", { class: "empty__what" }, what), ...(act ? [h("div", { class: "empty__acts" }, act)] : []));
}

/* ---- opening ---- */

/* The conversation the address names; a bookmark from before keys had prefixes names it without. */
function asked() {
  const id = new URLSearchParams(location.search).get("c");
  return id && /^[0-9a-f-]{36}$/.test(id) ? `cnv_${id.replaceAll("-", "")}` : id;
}

function open(id, { push = true } = {}) {
  const { search } = location;
  if (push && new URLSearchParams(search).get("c") !== id) history.pushState({ pane: "thread" }, "", `?c=${id}`);
  layout.show("thread", { push: false });
  shown(id);
  thread.open(id, queue.row(id)).catch((error) => console.error(error));
}

function shown(id) {
  queue.mark(id);
  if (id) return;
  if (new URLSearchParams(location.search).has("c")) history.replaceState(null, "", location.pathname);
  layout.show("queue", { push: false });
}

function leave() {
  thread.leave();
  shown(null);
}

async function next() {
  try {
    const taken = await post("/api/v1/queue/next/", {});
    if (!taken) {
      if (!queue.toLongest()) toast(gettext("Nobody is waiting"));
      return;
    }
    await read();
    open(taken.id);
    reply.focus();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message);
  }
}

addEventListener("popstate", () => {
  const id = asked();
  if (id && id !== thread.id) open(id, { push: false });
  else if (!id && thread.id) leave();
});

/* ---- hearing ---- */

queue.addEventListener("open", ({ detail }) => open(detail));
queue.addEventListener("threshold", ({ detail }) => detail.id && notify.threshold(detail.id, detail.state));
queue.addEventListener("past", async ({ detail }) => {
  const cursor = detail?.more ? queue.past.next_cursor : "";
  try {
    const page = await get(`/api/v1/conversations/?scope=past&cursor=${encodeURIComponent(cursor)}`);
    queue.past = { data: cursor ? [...queue.past.data, ...page.data] : page.data, next_cursor: page.next_cursor };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    queue.past = { data: queue.past?.data ?? [], failed: error.message };
  }
  queue.draw({ now: true });
});

live.addEventListener("message", ({ detail }) => {
  queue.heard(detail, { isRead: thread.id === detail.conversation && thread.isLooking });
  if (thread.id === detail.conversation) {
    const row = queue.row(detail.conversation);
    if (row) thread.took(row);
  } else if (detail.author.kind === "member") live.delivered(detail.conversation, detail.seq);
  if (detail.author.kind === "member") notify.said(detail, queue.row(detail.conversation));
});
live.addEventListener("event", ({ detail }) => {
  if (detail.name.startsWith("case.") || detail.name.startsWith("edition.")) {
    if (detail.topic === "me") tellCase(detail);
    panel.readCases();
    return;
  }
  if (detail.name.startsWith("harassment.") && panel.id) panel.show(panel.id, { mayWrite: panel.mayWrite });
  if (detail.name !== "note.added") readSoon();
});
live.addEventListener("hello", () => desk && readSoon());
live.addEventListener("resync", readSoon);
setInterval(() => !document.hidden && read(), READ_ANYWAY_MS);
document.addEventListener("visibilitychange", () => !document.hidden && readSoon());

function tellCase({ name }) {
  const words = {
    "case.selected": gettext("A case you pushed was selected for the radio"),
    "case.merged": gettext("A case you pushed was merged with another one"),
    "case.rejected": gettext("A case you pushed came back with a reason"),
  }[name];
  if (words) toast(words);
}

/* ---- keys and commands ---- */

const hasTalk = () => Boolean(thread.id);
const mine = () => thread.isMine;
const inQueue = gettext("Queue");
const inTalk = gettext("This talk");
const bindings = [
  { key: "j", group: inQueue, label: gettext("To the longest waiting"), icon: "clock", run: () => queue.toLongest() },
  { key: "n", group: inQueue, label: gettext("Take the next one"), icon: "headset", run: next },
  { key: "arrowdown", group: inQueue, label: gettext("Down the list"), repeat: true, when: listHasFocus, run: () => queue.step(1) },
  { key: "arrowup", group: inQueue, label: gettext("Up the list"), repeat: true, when: listHasFocus, run: () => queue.step(-1) },
  { key: "a", group: inTalk, label: gettext("Accept this one"), icon: "check", when: () => thread.isWaiting, run: () => thread.accept() },
  { key: "r", group: inTalk, label: gettext("Reply"), icon: "reply", when: hasTalk, run: () => reply.write("member") },
  { key: "i", group: inTalk, label: gettext("Internal note"), icon: "lock", when: hasTalk, run: () => reply.write("staff") },
  { key: "/", group: inTalk, label: gettext("Canned replies"), icon: "slash", when: mine, run: () => { reply.write("member"); reply.canned.start(); } },
  { key: "c", group: inTalk, label: gettext("Show a product"), icon: "tag", when: mine, run: () => reply.show("product") },
  { key: "shift+c", group: inTalk, label: gettext("Show an order"), icon: "box", when: mine, run: () => reply.show("order") },
  { key: "t", group: inTalk, label: gettext("Transfer, with a note"), icon: "transfer", when: mine, run: () => thread.transfer() },
  ...($("act-push") ? [{ key: "p", group: inTalk, label: gettext("Push to the radio"), icon: "pot", when: hasTalk, run: () => thread.push() }] : []),
  { key: "e", group: inTalk, label: gettext("Settle"), icon: "check", when: mine, run: () => thread.settle() },
  { key: "h", group: inTalk, label: gettext("Mark harassment"), icon: "flag", when: mine, run: () => thread.mark() },
  { key: "o", group: inTalk, label: gettext("Orders"), icon: "box", when: hasTalk, run: () => showPanel() },
  { key: "g", group: inTalk, label: gettext("What may be given"), icon: "shield", when: hasTalk, run: () => showOffers() },
  { key: "mod+enter", group: inTalk, label: gettext("Send"), when: () => false, run: () => {} },
  { key: "mod+shift+enter", group: inTalk, label: gettext("Send, then to the longest waiting"), when: () => false, run: () => {} },
  { key: "[", group: inQueue, label: gettext("Queue"), icon: "panel-left", run: () => layout.toggle("queue") },
  { key: "]", group: inTalk, label: gettext("Customer panel"), icon: "panel-right", when: hasTalk, run: () => layout.toggle("panel") },
  { key: "f6", group: inQueue, label: gettext("Next region"), inText: true, run: nextRegion },
  { key: "escape", group: inTalk, label: gettext("Leave the box, then the talk"), run: escape },
];
for (const binding of bindings) keys.add(binding);

function listHasFocus(event) {
  return event.target === document.body || $("queue").contains(event.target);
}

function showPanel() {
  if (!$("panel").checkVisibility({ visibilityProperty: true })) layout.toggle("panel");
  $("panel").focus();
  $("panel").querySelector(".panel__part")?.scrollIntoView({ block: "nearest" });
}

function showOffers() {
  if (!$("panel").checkVisibility({ visibilityProperty: true })) layout.toggle("panel");
  panel.toOffers();
}

function nextRegion() {
  const regions = ["queue", "main", "box", "panel"].map($).filter((r) => r?.checkVisibility?.() ?? true);
  const here = regions.findIndex((r) => r === document.activeElement || (r.id !== "main" && r.contains(document.activeElement)));
  regions[(here + 1) % regions.length].focus();
}

function escape() {
  if (isTextField(document.activeElement)) {
    document.activeElement.blur();
    $("main").focus();
  } else if (!layout.closeDrawers() && hasTalk()) leave();
}

commandbar.start();
commandbar.register({
  id: "acts", title: gettext("What you can do"), min: 0,
  search: async (query) => bindings
    .filter((b) => b.icon && b.when?.({ target: document.body }) !== false && b.label.toLowerCase().includes(query.toLowerCase()))
    .map((b) => ({ label: b.label, icon: b.icon, key: keys.show(b.key), run: b.run })),
});
commandbar.register({
  id: "talks", title: gettext("On this desk"), min: 1,
  search: async (query) => [...(desk?.mine ?? []), ...(desk?.queue ?? []), ...(queue.past?.data ?? [])]
    .filter((row) => [row.member?.name, row.conversation_no, row.subject, row.order?.order_no, row.order?.product, row.last_preview].some((text) => text?.toLowerCase().includes(query.toLowerCase())))
    .slice(0, 8)
    .map((row) => ({ label: `${row.member?.name ?? gettext("Guest")} ${row.subject || row.order?.product || row.last_preview}`, hint: row.conversation_no, icon: "chat", run: () => open(row.id) })),
});
commandbar.register(found({ open }));
commandbar.register({
  id: "canned", title: gettext("Canned replies"), min: 2,
  search: async (query, signal) => {
    if (!mine()) return [];
    const answer = await get(`/api/v1/canned-replies/?q=${encodeURIComponent(query)}&conversation=${thread.id}`, { signal });
    return (answer.data ?? answer).slice(0, REPLIES_IN_BAR).map((one) => ({ label: `${one.title} ${one.body}`, hint: `/${one.shortcut}`, icon: "slash", run: () => reply.back(one.body) }));
  },
});

for (const cap of document.querySelectorAll("[data-key]")) cap.textContent = keys.show(cap.dataset.key);
$("next").addEventListener("click", next);
$("rest-take").addEventListener("click", rest);
layout.start();
live.connect();
await read();
const first = asked();
if (first) open(first, { push: false });
