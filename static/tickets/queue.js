/* The list on the left: whom I answer, longest wait first, then my teams' queue, then what is done.
   One row is two lines: what is left of the promise over how long they wait; who, why; the last word. */

import { refresh as refreshClocks, serverNow } from "../js/clock.js";
import { h, icon, store } from "../js/dom.js";
import { countWords, momentWords, spanWords } from "../js/format.js";
import { gettext, interpolate, ngettext } from "../js/i18n.js";
import { inOneLine } from "./talk.js";
import { limitedTag } from "./harassment.js";

export const STANDARD_MS = 180_000; // the promise of a reply in chat
const WARN_MS = 100_000;
const URGENT_MS = 150_000;
const REORDER_WAITS_MS = 2000;
const LAST_WORD = ["last_seq", "last_message_at", "last_author_kind", "last_message_kind", "last_preview", "waiting_since", "unread"];
const MEDIA = { app: "mobile", web: "chat", phone: "phone", email: "mail" };

const $ = (id) => document.getElementById(id);

/* Since when somebody waits: for our next word, or in the queue at all. */
export function waitsSince(row) {
  const since = row.waiting_since ?? (row.state === "waiting" ? row.queued_at : null);
  return since ? Date.parse(since) : null;
}

/* Longest wait first; whose turn is theirs sink to the end, the latest word first. */
export function byWait(a, b) {
  const [one, two] = [waitsSince(a), waitsSince(b)];
  if (one !== null && two !== null) return one - two;
  if (one !== null) return -1;
  if (two !== null) return 1;
  return Date.parse(b.last_message_at ?? b.opened_at) - Date.parse(a.last_message_at ?? a.opened_at);
}

export class Queue extends EventTarget {
  constructor() {
    super();
    this.desk = null;
    this.past = null;
    this.tab = store.get("desk.tab", "all");
    this.open = null; // id of the talk in the middle
    this.nodes = new Map();
    this.rows = $("rows");
    this.rows.addEventListener("click", (e) => this.#pressed(e));
    this.rows.addEventListener("pointerleave", () => this.#settle());
    $("to-longest").addEventListener("click", () => this.toLongest());
    $("tabs").addEventListener("click", (e) => e.target.closest("[data-tab]") && this.choose(e.target.closest("[data-tab]").dataset.tab));
    $("tabs").addEventListener("keydown", (e) => this.#tabKey(e));
    this.rows.addEventListener("clock:state", (e) => this.dispatchEvent(new CustomEvent("threshold", { detail: { ...e.detail, id: e.target.closest("[data-talk]")?.dataset.talk } })));
    setInterval(() => this.#drawAlert(), 1000);
    this.#markTab();
  }

  /* ---- what is known ---- */

  /* What the server says; ``looking`` is the talk that is being read, whose unread count is on its way to 0. */
  take(desk, { looking = null } = {}) {
    const before = new Map([...(this.desk?.mine ?? []), ...(this.desk?.queue ?? [])].map((row) => [row.id, row]));
    this.desk = desk;
    for (const row of [...desk.mine, ...desk.queue]) {
      const old = before.get(row.id);
      // The line was faster than this answer.
      if (old && old.last_seq > row.last_seq) for (const name of LAST_WORD) row[name] = old[name];
      if (row.id === looking) row.unread = 0;
    }
    this.draw();
  }

  row(id) {
    return this.desk?.mine.find((r) => r.id === id) ?? this.desk?.queue.find((r) => r.id === id) ?? this.past?.data.find((r) => r.id === id) ?? null;
  }

  get mine() {
    return [...(this.desk?.mine ?? [])].sort(byWait);
  }

  get waiting() {
    return this.desk?.queue ?? [];
  }

  /* Everyone who waits for a word of ours or for anybody, longest first. */
  get everyone() {
    return [...this.mine, ...this.waiting].filter((r) => waitsSince(r) !== null).sort((a, b) => waitsSince(a) - waitsSince(b));
  }

  /* A message changes its row before the server is asked again. */
  heard(message, { isRead }) {
    const row = this.row(message.conversation);
    if (!row || message.seq <= row.last_seq) return;
    Object.assign(row, { last_seq: message.seq, last_message_at: message.at });
    if (message.author.kind !== "system") {
      Object.assign(row, { last_author_kind: message.author.kind, last_message_kind: message.kind, last_preview: message.body });
    }
    if (message.author.kind === "member") {
      row.waiting_since ??= message.at;
      if (!isRead) row.unread += 1;
    } else if (message.author.kind === "agent") {
      row.waiting_since = null;
      row.unread = 0;
    }
    this.draw();
  }

  read(id) {
    const row = this.row(id);
    if (!row?.unread) return;
    row.unread = 0;
    this.draw();
  }

  /* ---- choosing ---- */

  choose(tab) {
    this.tab = tab;
    store.set("desk.tab", tab === "past" ? "all" : tab);
    this.#markTab();
    if (tab === "past") this.dispatchEvent(new CustomEvent("past"));
    this.draw({ now: true });
  }

  #markTab() {
    for (const button of $("tabs").querySelectorAll("[data-tab]")) {
      const chosen = button.dataset.tab === this.tab;
      button.setAttribute("aria-selected", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
      if (chosen) this.rows.setAttribute("aria-labelledby", button.id);
    }
  }

  #tabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const tabs = [...$("tabs").querySelectorAll("[data-tab]")];
    const next = tabs[(tabs.findIndex((t) => t.dataset.tab === this.tab) + step + tabs.length) % tabs.length];
    this.choose(next.dataset.tab);
    next.focus();
  }

  #pressed(event) {
    const link = event.target.closest("a[data-talk]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    this.ask(link.dataset.talk);
  }

  ask(id) {
    this.dispatchEvent(new CustomEvent("open", { detail: id }));
  }

  toLongest() {
    const [longest] = this.everyone;
    if (longest) this.ask(longest.id);
    return Boolean(longest);
  }

  /* Move along the rows with the arrows. */
  step(by) {
    const links = [...this.rows.querySelectorAll("a[data-talk]")];
    if (!links.length) return;
    const here = links.findIndex((l) => l === document.activeElement || (document.activeElement === document.body && l.dataset.talk === this.open));
    const next = links[Math.min(Math.max(here + by, 0), links.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  mark(id) {
    this.open = id;
    for (const [key, { node }] of this.nodes) {
      if (key === id) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
  }

  /* ---- drawing ---- */

  #shown() {
    switch (this.tab) {
      case "mine": return [["", this.mine]];
      case "queue": return [["", this.waiting]];
      case "past": return [["", this.past?.data ?? []]];
      default: return [["", this.mine], [gettext("Waiting for my teams"), this.waiting]];
    }
  }

  /* Rows do not move under the pointer: they wait until it leaves, two seconds at most. */
  draw({ now = false } = {}) {
    if (!this.desk) return;
    this.#drawCounts();
    const order = this.#shown().flatMap(([, rows]) => rows.map((r) => r.id)).join();
    const moves = this.order !== undefined && order !== this.order;
    if (!now && moves && this.rows.matches(":hover") && this.drawnTab === this.tab) {
      this.late ??= setTimeout(() => this.#settle(), REORDER_WAITS_MS);
      this.#drawRows({ inPlace: true });
      return;
    }
    this.#settle({ force: true });
  }

  #settle({ force = false } = {}) {
    if (!force && !this.late) return;
    clearTimeout(this.late);
    this.late = null;
    this.#drawRows({ inPlace: false });
  }

  #drawRows({ inPlace }) {
    const groups = this.#shown();
    const wanted = groups.flatMap(([, rows]) => rows);
    const keep = new Set(wanted.map((r) => r.id));
    for (const row of wanted) {
      const known = this.nodes.get(row.id);
      const signature = JSON.stringify(row);
      if (known?.signature === signature) continue;
      const node = this.#row(row);
      if (known?.node.isConnected) {
        const hadFocus = known.node === document.activeElement;
        known.node.replaceWith(node);
        if (hadFocus) node.focus();
      }
      this.nodes.set(row.id, { node, signature });
    }
    if (!inPlace) {
      const focused = document.activeElement?.closest?.("a[data-talk]")?.dataset.talk;
      const top = this.rows.scrollTop;
      const parts = [];
      for (const [name, rows] of groups) {
        if (name && rows.length) parts.push(h("h2", { class: "queue__part" }, name));
        parts.push(...rows.map((r) => this.nodes.get(r.id).node));
      }
      if (!parts.length) parts.push(this.#empty());
      if (this.tab === "past" && this.past?.next_cursor) {
        parts.push(h("button", { class: "btn btn--small queue__more", type: "button", onclick: () => this.dispatchEvent(new CustomEvent("past", { detail: { more: true } })) }, gettext("Earlier ones")));
      }
      if (this.tab === "past" && this.past?.failed) parts.push(failed(this.past.failed, () => this.dispatchEvent(new CustomEvent("past"))));
      this.rows.replaceChildren(...parts);
      this.rows.scrollTop = top;
      if (focused && document.activeElement === document.body) this.nodes.get(focused)?.node.focus({ preventScroll: true });
      for (const key of [...this.nodes.keys()]) if (!keep.has(key)) this.nodes.delete(key);
      this.order = wanted.map((r) => r.id).join();
      this.drawnTab = this.tab;
    }
    if (this.open) this.mark(this.open);
    refreshClocks(this.rows);
    this.#drawAlert();
  }

  #row(row) {
    const since = waitsSince(row);
    const name = row.member?.name ?? gettext("Guest");
    const about = row.order?.product || row.subject || "";
    const preview = inOneLine({ kind: row.last_message_kind, body: row.last_preview });
    // The last word is dark while it is theirs and unread, quiet when the house spoke last.
    const spoke = row.last_author_kind !== "member" ? "is-ours" : row.unread ? "is-unread" : "";
    const start = since && new Date(since).toISOString();
    return h(
      "a", {
        class: "queue-row", href: `?c=${row.id}`, dataset: { talk: row.id, state: row.state, clockRow: "", clockState: since ? "calm" : row.state === "open" ? "paused" : "" },
        "aria-label": this.#spoken(row, name, since),
      },
      h("span", { class: "clock__edge", "aria-hidden": "true" }),
      h(
        "span", { class: "queue-row__clock" },
        since
          ? h("span", { class: "clock clock--row", dataset: { clock: "", start, due: new Date(since + STANDARD_MS).toISOString(), announce: row.state === "open" ? interpolate(gettext("Reply to %(name)s"), { name }) : "" } }, h("time", { class: "clock__left" }))
          : h("span", { class: "clock clock--row is-paused" }, h("span", { class: "clock__left" }, row.state === "open" ? gettext("Paused") : gettext("Settled"))),
        since
          ? h("time", { class: "clock__wait", dataset: { since: start } })
          : h("span", { class: "clock__wait" }, row.state === "open" ? gettext("their turn") : momentWords(row.resolved_at ?? row.opened_at, serverNow())),
      ),
      h(
        "span", { class: "queue-row__who" },
        h("span", { class: "queue-row__name clip" }, name), pill(row.member), limitedTag(row), h("span", { class: "queue-row__about clip" }, about),
        icon(MEDIA[row.medium] ?? "chat", "queue-row__medium"),
      ),
      h(
        "span", { class: "queue-row__last" },
        h("span", { class: `clip ${spoke}` }, preview || gettext("(nothing said yet)")),
        row.unread ? h("span", { class: "count", "aria-hidden": "true" }, countWords(row.unread)) : null,
      ),
    );
  }

  #spoken(row, name, since) {
    const parts = [name, row.member?.tier_label ?? ""];
    if (row.state === "waiting") parts.push(gettext("in the queue"));
    if (since) parts.push(interpolate(gettext("waiting %(span)s"), { span: spanWords((serverNow() - since) / 1000) }));
    if (row.unread) parts.push(interpolate(ngettext("%(n)s unread", "%(n)s unread", row.unread), { n: row.unread }));
    parts.push(inOneLine({ kind: row.last_message_kind, body: row.last_preview }));
    return parts.filter(Boolean).join(gettext(", "));
  }

  #empty() {
    const lines = {
      mine: [gettext("Everyone is looked after"), gettext("Take the next one when you are ready.")],
      queue: [gettext("Nobody is waiting"), gettext("New ones appear here by themselves.")],
      past: this.past ? [gettext("Nothing settled yet"), gettext("What you settle is found here.")] : ["", gettext("One moment…")],
      all: [gettext("Everyone is looked after"), gettext("Nobody is waiting; new ones appear by themselves.")],
    }[this.tab];
    return h("div", { class: "empty" }, h("p", { class: "empty__line" }, lines[0]), h("p", { class: "empty__what" }, lines[1]));
  }

  #drawCounts() {
    const { counts, me, mine } = this.desk;
    const numbers = { all: counts.queue + mine.length, mine: mine.length, queue: counts.queue };
    for (const [tab, n] of Object.entries(numbers)) $(`tab-${tab}`).querySelector("[data-count]").textContent = n ? countWords(n) : "";
    const unread = mine.reduce((sum, row) => sum + row.unread, 0);
    const words = [interpolate(gettext("%(n)s taken today"), { n: me.taken_today })];
    if (unread) words.push(interpolate(gettext("%(n)s unread"), { n: unread }));
    $("figures").replaceChildren(...words.map((w) => h("span", {}, w)));
    document.title = unread ? `(${countWords(unread)}) ${gettext("Desk")}` : gettext("Desk");
  }

  /* One alert, never a stack: how many have waited over 100 seconds, and the longest. */
  #drawAlert() {
    if (!this.desk) return;
    const now = serverNow();
    const everyone = this.everyone;
    const late = everyone.filter((r) => now - waitsSince(r) >= WARN_MS);
    const breached = everyone.filter((r) => now - waitsSince(r) >= STANDARD_MS);
    const badge = $("rail-late");
    badge.hidden = !breached.length;
    badge.textContent = countWords(breached.length);
    $("alert").hidden = !late.length;
    $("alert").dataset.clockState = breached.length ? "breached" : late.some((r) => now - waitsSince(r) >= URGENT_MS) ? "urgent" : "warn";
    if (!late.length) return;
    const words = interpolate(
      ngettext("%(n)s over 100 s (%(span)s)", "%(n)s over 100 s (%(span)s)", late.length),
      { n: late.length, span: spanWords((now - waitsSince(late[0])) / 1000) },
    );
    if ($("alert-words").textContent !== words) $("alert-words").textContent = words;
  }
}

/* A member's tier as its pill. */
export function pill(member) {
  if (!member?.tier) return null;
  return h("span", { class: `pill pill--${member.tier}` }, member.tier_label);
}

/* This part could not be fetched; the rest goes on. */
export function failed(text, again) {
  return h(
    "div", { class: "failed-part" }, h("span", { class: "failed-part__what" }, text),
    h("button", { class: "btn btn--small", type: "button", onclick: again }, gettext("Try again")),
  );
}
