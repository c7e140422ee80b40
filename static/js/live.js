/* One socket per page, many topics. What is written here is never lost: every unsent message keeps
   its client id in localStorage until the server has acknowledged it.

   const live = new Live({url, user});   live.connect();
   live.subscribe("conversation:…", {after: 41});
   const id = live.send({conversation, body: "…", seenSeq: 41});
   live.addEventListener("message", (e) => e.detail.seq);

   Events (detail = the frame unless said otherwise):
     state      {state: "connecting" | "online" | "offline" | "closed", reason?, retryAt?}
     hello, subscribed, message, typing, read, delivered, viewing, recalled, queue, event, synced
     refused    {topic, code}            a topic one may not hear
     ack        + entry                  the message is stored
     held       {client_id, last_seq}    a newer message has not been seen: look, then resend
     failed     {client_id, code, message}  kept in the outbox until resent or discarded
     outbox     {waiting, failed}        counts changed
     caughtup   {conversation, count}    what was missed while the line was down
     error      any other refusal */

import { bare } from "./dom.js";

const FIRST_RETRY_MS = 800;
const RETRY_BASE_MS = 1000;
const RETRY_CAP_MS = 30_000;
const STEADY_AFTER_MS = 5000; // online this long and the next loss counts as the first again
const ACK_WITHIN_MS = 10_000;
const HELLO_WITHIN_MS = 10_000;
const TYPING_EVERY_MS = 3000;
const WAKE_ANSWER_MS = 5000;
const ADOPT_AFTER_MS = 20_000; // another page's messages, once that page is gone
const RETRYABLE = new Set(["busy", "too_fast", "internal", "timeout"]);
const MAX_INTERNAL = 3;

const CLOSE = { SIGN_IN: 4401, ORIGIN: 4403, WITHDRAWN: 4000, BAD_FRAMES: 4429 };

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // absent on plain http beyond localhost
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = [...b].map((n) => n.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/* Unsent messages of one person in this browser: one storage key each, so that two pages never
   overwrite each other's. Without storage (private mode, full) they live as long as the page. */
export class Outbox {
  constructor({ user, storage = safeStorage(), page = newId(), now = Date.now }) {
    this.prefix = bare(`xiaoer.out.${user}.`);
    this.storage = storage;
    this.page = page;
    this.now = now;
    this.entries = new Map();
    this.lastOrder = 0;
  }

  load() {
    if (!this.storage) return;
    const found = [];
    for (let i = 0; i < this.storage.length; i += 1) {
      const key = this.storage.key(i);
      if (key?.startsWith(this.prefix)) found.push(key);
    }
    for (const key of found) {
      const entry = parse(this.storage.getItem(key));
      if (!entry?.client_id || this.entries.has(entry.client_id)) continue;
      if (/^[0-9a-f-]{36}$/.test(entry.conversation)) entry.conversation = `cnv_${entry.conversation.replaceAll("-", "")}`;
      this.entries.set(entry.client_id, entry);
    }
  }

  add(frame) {
    // Strictly growing, so that two messages of one millisecond keep their order after a reload.
    this.lastOrder = Math.max(this.now(), this.lastOrder + 0.001);
    const entry = { ...frame, order: this.lastOrder, page: this.page, touched: this.now(), state: "waiting" };
    this.entries.set(entry.client_id, entry);
    this.save(entry);
    return entry;
  }

  save(entry) {
    try {
      this.storage?.setItem(this.prefix + entry.client_id, JSON.stringify(entry));
    } catch (error) {
      console.warn("outbox: storage is full, this message lives as long as the page", error.name);
    }
  }

  remove(clientId) {
    this.entries.delete(clientId);
    this.storage?.removeItem(this.prefix + clientId);
  }

  get(clientId) {
    return this.entries.get(clientId);
  }

  /* Entries this page may send: its own, and those whose page has not been seen for a while. */
  mine() {
    const gone = this.now() - ADOPT_AFTER_MS;
    return [...this.entries.values()]
      .filter((e) => e.page === this.page || e.touched < gone)
      .sort((a, b) => a.order - b.order);
  }

  of(conversation) {
    return [...this.entries.values()]
      .filter((e) => e.conversation === conversation)
      .sort((a, b) => a.order - b.order);
  }

  touch() {
    for (const entry of this.entries.values()) {
      if (entry.page !== this.page) continue;
      entry.touched = this.now();
      this.save(entry);
    }
  }

  /* Another page has stored (or given up) one of these. */
  forget(key) {
    if (!key?.startsWith(this.prefix)) return null;
    const clientId = key.slice(this.prefix.length);
    return this.entries.delete(clientId) ? clientId : null;
  }

  counts() {
    let waiting = 0;
    let failed = 0;
    for (const { state } of this.entries.values()) {
      if (state === "failed") failed += 1;
      else waiting += 1;
    }
    return { waiting, failed };
  }
}

export class Live extends EventTarget {
  constructor({ url, user, storage = safeStorage(), Socket = globalThis.WebSocket, now = Date.now, random = Math.random, page } = {}) {
    super();
    this.url = url;
    this.user = user;
    this.Socket = Socket;
    this.now = now;
    this.random = random;
    this.state = "offline";
    this.retryAt = null;
    this.socket = null;
    this.attempt = 0;
    this.topics = new Map(); // topic -> {count, answered}
    this.seen = new Map(); // conversation -> last seq handed to the page
    this.syncs = 0;
    this.asked = new Map(); // id of a sync not yet answered -> what it named
    this.early = new Map(); // conversation -> Map(seq -> frame) waiting for a gap to close
    this.inFlight = new Map(); // conversation -> {clientId, timer}
    this.pauses = new Map(); // conversation -> timer
    this.marks = new Map(); // "read:uuid" -> frame not yet sent
    this.views = new Map(); // conversation -> state, told again after a reconnect
    this.typedAt = new Map();
    this.resuming = new Map(); // conversation -> messages that came as catch-up
    this.limits = { frame: 65_536, body: 4000 };
    this.heartbeatMs = 20_000;
    this.syncMs = 15_000;
    this.timers = {};
    this.outbox = new Outbox({ user, storage, page: page ?? pageId(), now });
    this.outbox.load();
  }

  /* ---- the line ---- */

  connect() {
    if (this.socket || this.state === "closed") return;
    clearTimeout(this.timers.retry);
    this.#become("connecting");
    let socket;
    try {
      socket = new this.Socket(this.url);
    } catch (error) {
      this.#become("closed", { reason: error.message });
      return;
    }
    this.socket = socket;
    this.heardAt = this.now();
    this.timers.hello = setTimeout(() => this.#drop("no hello"), HELLO_WITHIN_MS);
    socket.onmessage = (e) => socket === this.socket && this.#hear(e.data);
    socket.onclose = (e) => socket === this.socket && this.#lost(e.code, e.reason);
    this.#watchPage();
  }

  close() {
    this.#become("closed", { reason: "left" });
    this.#stopTimers();
    const { socket } = this;
    this.socket = null;
    socket?.close(1000);
    this.#unwatchPage();
  }

  get isOnline() {
    return this.state === "online";
  }

  /* Try now instead of waiting for the next attempt. */
  retryNow() {
    if (this.state === "offline") this.connect();
  }

  #become(state, extra = {}) {
    this.retryAt = extra.retryAt ?? null;
    if (this.state === state && !extra.retryAt && !extra.reason) return;
    this.state = state;
    this.closedBy = state === "closed" ? extra.reason : null; // sign_in, origin, other_person, left
    this.#tell("state", { state, ...extra });
  }

  #lost(code, reason) {
    this.socket = null;
    this.#stopTimers();
    for (const flight of this.inFlight.values()) clearTimeout(flight.timer);
    this.inFlight.clear();
    this.asked.clear();
    for (const timer of this.pauses.values()) clearTimeout(timer);
    this.pauses.clear();
    for (const topic of this.topics.values()) topic.answered = false;
    if (code === CLOSE.SIGN_IN || code === CLOSE.ORIGIN) {
      this.#become("closed", { reason: code === CLOSE.SIGN_IN ? "sign_in" : "origin" });
      this.#unwatchPage();
      return;
    }
    if (this.onlineAt && this.now() - this.onlineAt >= STEADY_AFTER_MS) this.attempt = 0;
    this.onlineAt = null;
    const wait = this.#retryDelay(code);
    this.attempt += 1;
    this.#become("offline", { retryAt: this.now() + wait, code, reason });
    this.timers.retry = setTimeout(() => this.connect(), wait);
  }

  #retryDelay(code) {
    if (code === CLOSE.BAD_FRAMES) return 10_000 + this.random() * 20_000;
    if (this.attempt === 0 && code !== 1013) return this.random() * FIRST_RETRY_MS;
    const cap = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(this.attempt, 10));
    return Math.max(this.random() * cap, 250);
  }

  #drop(why) {
    const { socket } = this;
    if (!socket) return;
    // A dead line never answers a close: count it as lost at once.
    socket.onclose = socket.onmessage = null;
    try {
      socket.close(4000, why);
    } catch {
      // already closing
    }
    this.#lost(1006, why);
  }

  #stopTimers() {
    for (const name of ["hello", "beat", "sync", "retry", "wake"]) {
      clearTimeout(this.timers[name]);
      clearInterval(this.timers[name]);
    }
  }

  #watchPage() {
    if (this.watching || typeof window === "undefined") return;
    this.watching = new AbortController();
    const { signal } = this.watching;
    window.addEventListener("online", () => this.retryNow(), { signal });
    window.addEventListener("offline", () => this.#drop("offline"), { signal });
    window.addEventListener("pageshow", () => this.#wake(), { signal });
    document.addEventListener("visibilitychange", () => !document.hidden && this.#wake(), { signal });
    window.addEventListener("storage", (e) => this.#otherPage(e), { signal });
  }

  #unwatchPage() {
    this.watching?.abort();
    this.watching = null;
  }

  /* After sleep a socket may look open and be dead: ask, and believe only an answer. */
  #wake() {
    if (this.state === "offline") {
      this.connect();
    } else if (this.state === "online") {
      const asked = this.now();
      this.#put({ op: "ping" });
      clearTimeout(this.timers.wake);
      this.timers.wake = setTimeout(() => this.heardAt < asked && this.#drop("asleep"), WAKE_ANSWER_MS);
    }
  }

  #otherPage(event) {
    if (event.newValue !== null || !event.key) return;
    const gone = this.outbox.forget(event.key);
    if (gone) this.#tellOutbox();
  }

  /* ---- what comes in ---- */

  #hear(text) {
    this.heardAt = this.now();
    let data;
    try {
      data = JSON.parse(text);
    } catch {
      console.warn("live: a frame that is not JSON");
      return;
    }
    for (const frame of Array.isArray(data) ? data : [data]) this.#frame(frame);
  }

  #frame(frame) {
    switch (frame.op) {
      case "hello": return this.#hello(frame);
      case "subscribed": return this.#subscribed(frame);
      case "message": return this.#message(frame);
      case "ack": return this.#ack(frame);
      case "error": return this.#refused(frame);
      case "synced": return this.#synced(frame);
      case "resync": return this.#sync();
      case "pong": return this.#tell("pong", frame);
      default: return this.#tell(frame.op, frame);
    }
  }

  #hello(frame) {
    clearTimeout(this.timers.hello);
    if (this.user && frame.user && frame.user !== this.user) {
      // Somebody else has signed in here: their line must not carry these words.
      const { socket } = this;
      this.socket = null;
      this.#stopTimers();
      this.#become("closed", { reason: "other_person" });
      socket?.close(1000);
      return;
    }
    this.limits = { ...this.limits, ...frame.limits };
    if (frame.heartbeat) this.heartbeatMs = frame.heartbeat * 1000;
    if (frame.sync) this.syncMs = frame.sync * 1000;
    this.onlineAt = this.now();
    this.#become("online");
    this.#tell("hello", frame);
    this.timers.beat = setInterval(() => this.#beat(), this.heartbeatMs / 2);
    this.timers.sync = setInterval(() => {
      this.#sync();
      this.outbox.touch();
      this.#flush();
    }, this.syncMs);
    for (const topic of this.topics.keys()) this.#ask(topic);
    for (const [key, mark] of this.marks) if (this.#put(mark)) this.marks.delete(key);
    for (const [conversation, state] of this.views) this.#put({ op: "viewing", conversation, state });
    this.#flush();
  }

  #beat() {
    const quiet = this.now() - this.heardAt;
    if (quiet >= this.heartbeatMs * 2) this.#drop("silent");
    else if (quiet >= this.heartbeatMs) this.#put({ op: "ping" });
  }

  #subscribed(frame) {
    const topic = this.topics.get(frame.topic);
    if (topic) topic.answered = true;
    const conversation = conversationOf(frame.topic);
    if (conversation && frame.last_seq !== undefined) {
      const seen = this.seen.get(conversation);
      if (seen === undefined) this.seen.set(conversation, frame.last_seq);
      else if (frame.last_seq > seen && topic?.again) {
        this.resuming.set(conversation, { upTo: frame.last_seq, count: 0 });
      }
    }
    if (topic) topic.again = true;
    this.#tell("subscribed", frame);
  }

  #message(frame) {
    const { conversation, seq } = frame;
    const seen = this.seen.get(conversation);
    if (seen === undefined) {
      this.#deliver(frame);
    } else if (seq <= seen) {
      return;
    } else if (seq === seen + 1) {
      this.#deliver(frame);
      this.#deliverEarly(conversation);
    } else {
      if (!this.early.has(conversation)) this.early.set(conversation, new Map());
      const early = this.early.get(conversation);
      const first = early.size === 0;
      early.set(seq, frame);
      if (first) this.#sync([conversation]);
    }
  }

  #deliver(frame) {
    this.seen.set(frame.conversation, frame.seq);
    // Seeing one's own message stored is as good as its ack.
    const own = frame.client_id && this.outbox.get(frame.client_id);
    this.#tell("message", frame);
    if (own) this.#settle(frame);
    const resuming = this.resuming.get(frame.conversation);
    if (resuming) {
      if (!own) resuming.count += 1;
      if (frame.seq >= resuming.upTo) {
        this.resuming.delete(frame.conversation);
        if (resuming.count) this.#tell("caughtup", { conversation: frame.conversation, count: resuming.count });
      }
    }
  }

  #deliverEarly(conversation, { evenWithGap = false } = {}) {
    const early = this.early.get(conversation);
    if (!early) return;
    for (const seq of [...early.keys()].sort((a, b) => a - b)) {
      const seen = this.seen.get(conversation);
      if (seq <= seen) early.delete(seq);
      else if (seq === seen + 1 || evenWithGap) {
        const frame = early.get(seq);
        early.delete(seq);
        this.#deliver(frame);
      } else break;
    }
    if (!early.size) this.early.delete(conversation);
  }

  #synced(frame) {
    const asked = this.asked.get(frame.id) ?? {};
    this.asked.delete(frame.id);
    for (const [conversation, last] of Object.entries(frame.conversations ?? {})) {
      const seen = this.seen.get(conversation);
      if (seen === undefined) continue;
      // An answer is one page: more follows as long as asking brings us on.
      if (last > seen && seen > (asked[conversation] ?? seen)) this.#sync([conversation]);
      // What the server did not send again does not exist for this reader.
      else this.#deliverEarly(conversation, { evenWithGap: true });
    }
    this.#tell("synced", frame);
  }

  #sync(only) {
    const conversations = {};
    for (const topic of this.topics.keys()) {
      const id = conversationOf(topic);
      if (id && this.seen.has(id) && (!only || only.includes(id))) conversations[id] = this.seen.get(id);
    }
    if (!Object.keys(conversations).length) return;
    this.syncs += 1;
    if (this.#put({ op: "sync", id: this.syncs, conversations })) this.asked.set(this.syncs, conversations);
  }

  /* ---- topics ---- */

  /* Hear a topic; ``after`` is the last seq the page already shows. Returns a function that stops. */
  subscribe(topic, { after } = {}) {
    const known = this.topics.get(topic);
    const conversation = conversationOf(topic);
    if (conversation && after !== undefined) {
      this.seen.set(conversation, Math.max(after, this.seen.get(conversation) ?? 0));
    }
    if (known) {
      known.count += 1;
    } else {
      this.topics.set(topic, { count: 1, answered: false, again: false });
      if (this.isOnline) this.#ask(topic);
    }
    let stopped = false;
    return () => {
      if (stopped) return;
      stopped = true;
      this.#unsubscribe(topic);
    };
  }

  #ask(topic) {
    const after = this.seen.get(conversationOf(topic));
    this.#put(after === undefined ? { op: "subscribe", topic } : { op: "subscribe", topic, after });
  }

  #unsubscribe(topic) {
    const known = this.topics.get(topic);
    if (!known) return;
    known.count -= 1;
    if (known.count > 0) return;
    this.topics.delete(topic);
    const conversation = conversationOf(topic);
    if (conversation) {
      this.seen.delete(conversation);
      this.early.delete(conversation);
      this.resuming.delete(conversation);
    }
    this.#put({ op: "unsubscribe", topic });
  }

  /* ---- what goes out ---- */

  /* Queue a message and return its client id; it is stored before it is tried. ``shown`` is kept with
     it for whoever draws what is unsent, and never leaves this browser. */
  send({ conversation, body = "", kind = "text", payload, shown, seenSeq, clientId = newId() }) {
    const frame = { op: "send", conversation, client_id: clientId, kind, body };
    if (payload !== undefined) frame.payload = payload;
    if (shown !== undefined) frame.shown = shown;
    if (seenSeq !== undefined) frame.seen_seq = seenSeq;
    this.outbox.add(frame);
    this.#tellOutbox();
    this.#flush();
    return clientId;
  }

  /* Send a held or failed message once more, perhaps knowing better. */
  resend(clientId, { anyway, seenSeq } = {}) {
    const entry = this.outbox.get(clientId);
    if (!entry) return false;
    if (anyway) entry.anyway = true;
    if (seenSeq !== undefined) entry.seen_seq = seenSeq;
    Object.assign(entry, { state: "waiting", page: this.outbox.page, touched: this.now() });
    delete entry.code;
    delete entry.message;
    delete entry.tries;
    this.outbox.save(entry);
    this.#tellOutbox();
    this.#flush();
    return true;
  }

  /* Give up a message that is not stored; returns its text so that it can go back into the box. */
  discard(clientId) {
    const entry = this.outbox.get(clientId);
    if (!entry) return null;
    this.#land(entry.conversation, clientId);
    this.outbox.remove(clientId);
    this.#tellOutbox();
    this.#flush();
    return entry.body;
  }

  unsent(conversation) {
    return this.outbox.of(conversation);
  }

  /* One message of a conversation is under way at a time: a refusal can never let the next overtake. */
  #flush() {
    if (!this.isOnline) return;
    const held = new Set();
    for (const entry of this.outbox.mine()) {
      const { conversation, state } = entry;
      if (state === "failed" || held.has(conversation)) continue;
      held.add(conversation);
      if (state === "held" || this.inFlight.has(conversation) || this.pauses.has(conversation)) continue;
      this.#launch(entry);
    }
  }

  #launch(entry) {
    const frame = pick(entry, ["op", "conversation", "client_id", "kind", "body", "payload", "seen_seq", "anyway"]);
    const text = JSON.stringify(frame);
    if (new TextEncoder().encode(text).length > this.limits.frame) {
      this.#fail(entry, { code: "too_large", message: "" });
      return;
    }
    if (!this.#put(frame)) return;
    const timer = setTimeout(() => this.#noAnswer(entry), ACK_WITHIN_MS);
    this.inFlight.set(entry.conversation, { clientId: entry.client_id, timer });
  }

  #noAnswer(entry) {
    this.#land(entry.conversation, entry.client_id);
    entry.timeouts = (entry.timeouts ?? 0) + 1;
    // Twice unanswered on an open line: the line lies.
    if (entry.timeouts >= 2) {
      entry.timeouts = 0;
      this.#drop("no ack");
    } else this.#flush();
  }

  #land(conversation, clientId) {
    const flight = this.inFlight.get(conversation);
    if (flight?.clientId !== clientId) return;
    clearTimeout(flight.timer);
    this.inFlight.delete(conversation);
  }

  #ack(frame) {
    const entry = this.outbox.get(frame.client_id);
    if (entry) this.#settle(frame);
    else this.#tell("ack", frame);
  }

  #settle({ conversation, client_id: clientId, seq, at }) {
    const entry = this.outbox.get(clientId);
    this.#land(conversation, clientId);
    this.outbox.remove(clientId);
    this.#tell("ack", { op: "ack", conversation, client_id: clientId, seq, at, entry });
    this.#tellOutbox();
    this.#flush();
  }

  #refused(frame) {
    const entry = frame.client_id && this.outbox.get(frame.client_id);
    if (!entry) {
      if (frame.topic && frame.code === "not_found") {
        this.topics.delete(frame.topic);
        this.#tell("refused", frame);
      } else this.#tell("error", frame);
      return;
    }
    this.#land(entry.conversation, entry.client_id);
    if (frame.code === "unseen") {
      entry.state = "held";
      this.outbox.save(entry);
      this.#tell("held", { ...frame, last_seq: frame.last_seq ?? frame.details?.last_seq });
      this.#tellOutbox();
    } else if (RETRYABLE.has(frame.code) && this.#mayTryAgain(entry, frame.code)) {
      const wait = (frame.retry_ms ?? 1000) * (1 + this.random() * 0.25);
      const { conversation } = entry;
      this.pauses.set(conversation, setTimeout(() => {
        this.pauses.delete(conversation);
        this.#flush();
      }, wait));
    } else {
      this.#fail(entry, frame);
    }
  }

  #mayTryAgain(entry, code) {
    if (code !== "internal") return true;
    entry.tries = (entry.tries ?? 0) + 1;
    return entry.tries < MAX_INTERNAL;
  }

  #fail(entry, { code, message }) {
    Object.assign(entry, { state: "failed", code, message });
    this.outbox.save(entry);
    this.#tell("failed", { client_id: entry.client_id, conversation: entry.conversation, code, message });
    this.#tellOutbox();
    this.#flush();
  }

  /* Marks survive a lost line (only the newest counts); typing and queue questions do not. */
  read(conversation, seq) {
    this.#mark("read", conversation, seq);
  }

  delivered(conversation, seq) {
    this.#mark("delivered", conversation, seq);
  }

  #mark(op, conversation, seq) {
    const key = `${op}:${conversation}`;
    const frame = { op, conversation, seq };
    if (this.#put(frame)) this.marks.delete(key);
    else this.marks.set(key, frame);
  }

  typing(conversation) {
    const last = this.typedAt.get(conversation) ?? -Infinity;
    if (this.now() - last < TYPING_EVERY_MS) return;
    if (this.#put({ op: "typing", conversation })) this.typedAt.set(conversation, this.now());
  }

  viewing(conversation, state) {
    if (state === "left") this.views.delete(conversation);
    else this.views.set(conversation, state);
    this.#put({ op: "viewing", conversation, state });
  }

  recall(conversation, seq) {
    return this.#put({ op: "recall", conversation, seq, id: newId() });
  }

  askQueue(conversation) {
    return this.#put({ op: "queue", conversation });
  }

  #put(frame) {
    if (!this.isOnline || this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #tellOutbox() {
    this.#tell("outbox", this.outbox.counts());
  }
}

function conversationOf(topic) {
  return topic.startsWith("conversation:") ? topic.slice("conversation:".length) : undefined;
}

function pick(object, keys) {
  return Object.fromEntries(keys.filter((k) => object[k] !== undefined).map((k) => [k, object[k]]));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/* The page's name survives a reload, so that it goes on sending what it had begun. */
function pageId() {
  try {
    const known = sessionStorage.getItem("xiaoer.page") ?? newId();
    sessionStorage.setItem("xiaoer.page", known);
    return known;
  } catch {
    return newId();
  }
}

function safeStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

let shared = null;

/* The page's one line, by the addresses base.html gives; null for somebody not signed in. */
export function pageLive() {
  if (shared) return shared;
  const url = document.querySelector("meta[name=live-url]")?.content;
  const user = document.querySelector("meta[name=me]")?.content;
  if (!url || !user) return null;
  shared = new Live({ url, user });
  return shared;
}
