/* What one side knows of one conversation: messages by number, notes, marks, what is under way.

   const talk = new Talk({id, live, side: "member" | "staff", myName});
   await talk.open();      talk.older();      talk.stop();

   "change" says that something to be drawn is different; "arrived" (detail = message) that somebody
   else has spoken; "typing" (detail = author); "event" (detail = frame) that the state has moved and
   the page should ask again; "held", "failed", "refused" and "caughtup" carry the line's own details. */

import { get } from "../js/api.js";
import { gettext, interpolate, ngettext } from "../js/i18n.js";

const PAGE = 50;
const MARKS = ["member_read", "staff_read", "member_delivered", "staff_delivered"];

export class Talk extends EventTarget {
  constructor({ id, live, side, myName = "" }) {
    super();
    Object.assign(this, { id, live, side, myName });
    this.address = `/api/v1/conversations/${id}/`;
    this.messages = new Map(); // seq -> message
    this.notes = [];
    this.uploads = []; // of this page: {clientId, file, share, error}
    this.lines = []; // what this page has to say in between: {key, after, text}
    this.marks = Object.fromEntries(MARKS.map((mark) => [mark, 0]));
    this.mine = new Map(); // seq -> what I wrote, so that a recalled message can be written anew
    this.newFrom = null; // the first message nobody here had seen when the page opened
    this.hasMore = false;
    this.isOpen = false;
    this.stops = [];
  }

  /* ---- opening and closing ---- */

  async open() {
    // Listen before asking: what is said meanwhile must not fall between answer and line.
    this.#listen();
    const [page, notes] = await Promise.all([
      get(`${this.address}messages/?limit=${PAGE}`),
      this.side === "staff" ? get(`${this.address}notes/`) : null,
    ]);
    if (this.stopped) return;
    for (const message of page.data) this.#keep(message);
    this.hasMore = page.has_more;
    if (notes) this.notes = notes.data;
    this.isOpen = true;
    this.stops.push(this.live.subscribe(`conversation:${this.id}`, { after: this.lastSeq }));
    if (this.side === "staff") this.stops.push(this.live.subscribe(`notes:${this.id}`));
    this.tell("change");
  }

  stop() {
    this.stopped = true;
    this.hearing?.abort();
    for (const stop of this.stops) stop();
    this.stops = [];
  }

  async older() {
    if (!this.hasMore || this.loadingOlder) return;
    this.loadingOlder = true;
    try {
      const page = await get(`${this.address}messages/?limit=${PAGE}&before=${this.firstSeq}`);
      for (const message of page.data) this.#keep(message);
      this.hasMore = page.has_more;
      this.olderFailed = null;
    } catch (error) {
      this.olderFailed = error.message;
    } finally {
      this.loadingOlder = false;
      this.tell("change");
    }
  }

  async refreshNotes() {
    const notes = await get(`${this.address}notes/`);
    this.notes = notes.data;
    this.tell("change");
  }

  /* ---- reading ---- */

  get seqs() {
    return [...this.messages.keys()].sort((a, b) => a - b);
  }

  get firstSeq() {
    return this.messages.size ? Math.min(...this.messages.keys()) : 0;
  }

  get lastSeq() {
    return this.messages.size ? Math.max(...this.messages.keys()) : 0;
  }

  /* The last thing the other side has said. */
  get lastTheirs() {
    let last = 0;
    for (const [seq, message] of this.messages) if (!this.isOwn(message) && seq > last) last = seq;
    return last;
  }

  /* The first message of the other side after what had been read; nothing when all of it is new. */
  firstUnseen(read, unread) {
    if (!unread || !read) return null;
    return this.seqs.find((seq) => seq > read && !this.isOwn(this.messages.get(seq)) && this.messages.get(seq).author.kind !== "system") ?? null;
  }

  isOwn(message) {
    const { kind } = message.author;
    return this.side === "member" ? kind === "member" : kind === "agent" || kind === "bot";
  }

  get unsent() {
    return this.live.unsent(this.id).filter((entry) => !this.#stored(entry.client_id));
  }

  get otherSide() {
    return this.side === "member" ? "staff" : "member";
  }

  #stored(clientId) {
    for (const message of this.messages.values()) if (message.client_id === clientId) return true;
    return false;
  }

  /* ---- saying ---- */

  say(words) {
    const clientId = this.live.send({ conversation: this.id, ...words });
    this.tell("change");
    return clientId;
  }

  /* Somebody looks at this: everything up to here has been read. */
  seen() {
    const last = this.lastSeq;
    const mark = `${this.side}_read`;
    if (last <= this.marks[mark]) return;
    this.marks[mark] = last;
    this.live.read(this.id, last);
  }

  note(key, text) {
    if (this.lines.some((line) => line.key === key)) return;
    this.lines.push({ key, after: this.lastSeq, text });
    this.tell("change");
  }

  /* ---- hearing ---- */

  #listen() {
    this.hearing = new AbortController();
    const { signal } = this.hearing;
    const on = (type, run) =>
      this.live.addEventListener(type, ({ detail }) => detail.conversation === this.id && run(detail), { signal });

    on("message", (message) => this.#arrived(message));
    on("ack", ({ seq, at, entry, client_id: clientId }) => {
      if (entry && seq && !this.messages.has(seq)) this.#keep(this.#ownWords(entry, { seq, at, client_id: clientId }));
      if (entry?.kind === "text") this.mine.set(seq, entry.body);
      this.tell("change");
    });
    on("recalled", ({ seq, at }) => {
      const message = this.messages.get(seq);
      if (message) this.messages.set(seq, { ...message, recalled: true, recalled_at: at, body: "", payload: null });
      this.tell("change");
    });
    for (const op of ["read", "delivered"]) {
      on(op, ({ side, seq }) => {
        const mark = `${side}_${op}`;
        if (seq > (this.marks[mark] ?? 0)) {
          this.marks[mark] = seq;
          this.tell("change");
        }
      });
    }
    on("typing", ({ author }) => this.tell("typing", author));
    on("viewing", (detail) => this.tell("viewing", detail));
    on("queue", (detail) => this.tell("queue", detail));
    on("held", (detail) => { this.tell("held", detail); this.tell("change"); });
    on("failed", (detail) => { this.tell("failed", detail); this.tell("change"); });
    on("error", (detail) => this.tell("refused", detail));
    on("caughtup", ({ count }) => this.#caughtUp(count));

    this.live.addEventListener("outbox", () => this.tell("change"), { signal });
    this.live.addEventListener("subscribed", ({ detail }) => {
      if (detail.topic !== `conversation:${this.id}`) return;
      for (const mark of MARKS) if (detail[mark] > this.marks[mark]) this.marks[mark] = detail[mark];
      this.tell("change");
    }, { signal });
    this.live.addEventListener("event", ({ detail }) => {
      const about = detail.ids?.conversation ?? detail.topic?.split(":")[1];
      if (about !== this.id) return;
      if (detail.name === "note.added") this.refreshNotes().catch((error) => console.warn("notes", error.message));
      else this.tell("event", detail);
    }, { signal });
  }

  #arrived(message) {
    this.#keep(message);
    if (!this.isOwn(message)) {
      this.live.delivered(this.id, message.seq);
      this.tell("arrived", message);
    }
    this.tell("change");
  }

  #keep(message) {
    this.messages.set(message.seq, message);
    this.uploads = this.uploads.filter((upload) => upload.clientId !== message.client_id);
  }

  /* What one has said oneself, until the line brings it back. */
  #ownWords({ kind, body, payload, shown }, place) {
    const author = { kind: this.side === "member" ? "member" : "agent", name: this.myName ?? "" };
    return { conversation: this.id, author, kind, body, payload: shown ?? payload, recalled: false, ...place };
  }

  #caughtUp(count) {
    this.note(
      `caughtup-${this.lastSeq}`,
      interpolate(
        ngettext(
          "%(count)s message from while you were offline is here now",
          "%(count)s messages from while you were offline are here now",
          count,
        ),
        { count },
      ),
    );
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/* What a message says in one line, for rows and notifications. */
export function inOneLine({ kind, body, recalled }) {
  if (recalled) return gettext("[Recalled]");
  return {
    image: gettext("[Picture]"),
    file: gettext("[File]"),
    sticker: gettext("[Sticker]"),
    order_card: gettext("[Order]"),
    product_card: gettext("[Product]"),
  }[kind] ?? body ?? "";
}
