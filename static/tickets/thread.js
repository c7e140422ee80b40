/* The talk in the middle: head with the running clock and the acts, presence, timeline, reply. */

import { ApiError, get, post } from "../js/api.js";
import { refresh as refreshClocks, serverNow } from "../js/clock.js";
import { announce, h, icon } from "../js/dom.js";
import * as drafts from "../js/drafts.js";
import { momentWords } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";
import { toast } from "../js/toast.js";
import { pushToRadio, settle, takeOver, transfer } from "./dialogs.js";
import { mark } from "./harassment.js";
import { answeredBy, Presence } from "./presence.js";
import { failed, pill, STANDARD_MS, waitsSince } from "./queue.js";
import { Talk } from "./talk.js";
import { Timeline } from "./timeline.js";
import { Uploads } from "./uploads.js";

const TYPING_SHOWN_MS = 4000;
const $ = (id) => document.getElementById(id);

/* ``hooks``: {desk() -> what the desk knows, changed(), closed(), read(id), panel, cases} */
export class Thread extends EventTarget {
  constructor({ live, reply, panel, hooks }) {
    super();
    Object.assign(this, { live, reply, panel, hooks, about: null, talk: null });
    const data = $("desk").dataset;
    this.me = { name: data.name, recallSeconds: Number(data.recallSeconds), uploadBytes: Number(data.uploadBytes) };
    $("act-transfer").addEventListener("click", () => this.transfer());
    $("act-push")?.addEventListener("click", () => this.push());
    $("act-close").addEventListener("click", () => this.settle());
    for (const type of ["focus", "visibilitychange"]) addEventListener(type, () => this.look());
    document.addEventListener("visibilitychange", () => this.look());
  }

  get id() {
    return this.talk?.id ?? null;
  }

  get isMine() {
    return this.about?.state === "open" && this.about.owner?.id === this.live.user;
  }

  get isWaiting() {
    return this.about?.state === "waiting";
  }

  /* ---- opening ---- */

  async open(id, row) {
    if (this.id === id) return;
    this.leave();
    $("none").hidden = true;
    $("open").hidden = false;
    this.talk = new Talk({ id, live: this.live, side: "staff", myName: this.me.name });
    const { talk } = this;
    this.#hear();
    this.uploads = new Uploads({ talk, limit: this.me.uploadBytes });
    this.timeline = new Timeline({
      talk, scroller: $("scroll"), log: $("log"), recallSeconds: this.me.recallSeconds,
      acts: {
        resend: (clientId) => this.live.resend(clientId, { seenSeq: talk.lastSeq }),
        discard: (clientId) => this.reply.back(this.live.discard(clientId)),
        recall: (message) => this.live.recall(id, message.seq),
        rewrite: (text) => this.reply.back(text),
        retryUpload: (clientId) => this.uploads.retry(clientId),
        dropUpload: (clientId) => this.uploads.drop(clientId),
      },
    });
    this.reply.open(id);
    // What the list knows is shown at once, the rest follows.
    if (row) this.#take(row);
    else this.#blank();
    this.panel.show(id, { mayWrite: this.isMine });
    try {
      const about = await get(talk.address);
      if (this.talk !== talk) return;
      this.#take(about);
      await talk.open();
    } catch (error) {
      if (this.talk !== talk) return;
      this.#failed(error, id, row);
      return;
    }
    if (this.talk !== talk) return;
    const { about } = this;
    talk.newFrom = talk.firstUnseen(about.staff_read_seq, about.unread);
    this.presence = new Presence({ talk, live: this.live, region: $("presence") });
    talk.tell("change");
    this.timeline.toEnd();
    this.seenUpTo = talk.lastSeq;
    this.look();
  }

  leave() {
    this.presence?.stop();
    this.timeline?.stop();
    this.uploads?.stop();
    this.talk?.stop();
    this.panel.clear();
    clearTimeout(this.soon);
    this.talk = this.about = this.presence = this.timeline = this.uploads = null;
    this.reply.held([], {});
    $("presence").replaceChildren();
    $("open").hidden = true;
    $("none").hidden = false;
  }

  #blank() {
    $("talk-name").textContent = "";
    $("talk-tier").replaceChildren();
    $("talk-facts").replaceChildren();
    $("talk-subject").hidden = true;
    $("acts").dataset.may = "";
    this.reply.allow({ member: false, staff: false, name: "", locked: null });
  }

  #failed(error, id, row) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404) {
      this.leave();
      this.hooks.closed();
      toast(gettext("No such talk, or it is not yours to see."));
      return;
    }
    $("log").replaceChildren(failed(error.message, () => {
      this.leave();
      this.open(id, row);
    }));
  }

  #hear() {
    const { talk } = this;
    const on = (type, run) => talk.addEventListener(type, ({ detail }) => this.talk === talk && run(detail));
    on("arrived", () => { this.#typing(null); this.look(); });
    on("looked", () => this.look());
    on("typing", (author) => author.kind === "member" && this.#typing(author.name || this.about?.member?.name));
    on("event", () => this.refreshSoon());
    on("refused", ({ code, message }) => code?.startsWith("recall.") && toast(message));
    on("change", () => this.#drawHeld());
    on("failed", ({ code }) => code === "not_owner" && this.refreshSoon());
  }

  refreshSoon() {
    clearTimeout(this.soon);
    const { talk } = this;
    this.soon = setTimeout(() => this.talk === talk && talk && this.refresh().catch((error) => console.warn("thread", error.message)), 150);
  }

  async refresh() {
    const { talk } = this;
    const about = await get(talk.address);
    if (this.talk === talk) this.#take(about);
  }

  /* The list has heard of this talk what the thread may not have. */
  took(row) {
    if (!this.about || row.state !== this.about.state || row.owner?.id !== this.about.owner?.id) this.refreshSoon();
    else {
      Object.assign(this.about, { waiting_since: row.waiting_since });
      this.#drawFacts();
    }
  }

  #take(about) {
    const was = this.about;
    this.about = about;
    this.#drawHead();
    this.#allow();
    this.panel.may(this.isMine);
    if (was && was.id === about.id && was.owner?.id === this.live.user && about.owner?.id !== this.live.user && about.state === "open") {
      const text = interpolate(gettext("%(name)s has taken over; your draft is kept"), { name: about.owner?.name ?? "" });
      this.talk.note(`over-${about.accepted_at}`, text);
      announce(text, { atOnce: true });
    }
  }

  /* ---- head ---- */

  #drawHead() {
    const { about } = this;
    $("talk-name").textContent = about.member?.name ?? gettext("Guest");
    $("talk-tier").replaceChildren(...[pill(about.member)].filter(Boolean));
    const subject = about.subject || about.order?.product || "";
    $("talk-subject").textContent = subject;
    $("talk-subject").hidden = !subject;
    $("acts").dataset.may = this.isMine ? "mine" : "";
    for (const id of ["act-transfer", "act-close"]) $(id).hidden = !this.isMine;
    this.#drawFacts();
  }

  #drawFacts() {
    const { about } = this;
    const since = waitsSince(about);
    const key = `${about.id} ${since} ${about.state}`;
    const facts = $("talk-facts");
    const rest = [
      about.first_owner ? interpolate(gettext("First asked: %(name)s"), { name: about.first_owner.name }) : "",
      about.owner && !this.isMine && about.state === "open" ? answeredBy(about.owner.name) : "",
      about.reopened_count ? interpolate(gettext("Reopened %(n)s×"), { n: about.reopened_count }) : "",
      about.shop?.name ?? "",
      about.team?.name ?? "",
    ].filter(Boolean).map((text) => h("span", { class: "clip" }, text));
    const clock = this.clockKey === key && facts.firstChild?.matches?.(".clock") ? facts.firstChild : this.#clock(since);
    this.clockKey = key;
    facts.replaceChildren(clock, ...rest, h("span", { class: "push nowrap" }, about.conversation_no));
    refreshClocks(facts);
  }

  #clock(since) {
    const { about } = this;
    if (since) {
      const start = new Date(since).toISOString();
      return h(
        "span", { class: "clock is-calm", dataset: { clock: "", start, due: new Date(since + STANDARD_MS).toISOString() } },
        h("span", { class: "clock__stick", "aria-hidden": "true" }), h("span", { class: "clock__what" }, about.state === "waiting" ? gettext("Accept") : gettext("Reply")),
        h("time", { class: "clock__left" }), h("time", { class: "clock__wait", dataset: { since: start } }),
      );
    }
    if (about.state === "open") return h("span", { class: "clock is-paused" }, h("span", { class: "clock__stick", "aria-hidden": "true" }), h("span", { class: "clock__left" }, gettext("Paused, waiting for the customer")));
    return h("span", { class: "clock is-paused" }, h("span", {}, about.resolved_at ? interpolate(gettext("Settled %(time)s"), { time: momentWords(about.resolved_at, serverNow()) }) : gettext("Settled")));
  }

  /* ---- who may write what, said plainly ---- */

  #allow() {
    const { about } = this;
    const name = about.member?.name ?? "";
    const line = (sign, text, ...acts) => [icon(sign), h("span", { class: "grow" }, text), ...acts];
    const act = (label, run, primary = true, key = "") => h("button", { class: `btn ${primary ? "btn--primary" : ""}`, type: "button", onclick: run }, label, key ? h("kbd", { class: "kbd" }, key) : null);
    if (this.isMine) {
      this.reply.allow({ member: true, staff: true, name, locked: null });
    } else if (about.state === "waiting") {
      this.reply.allow({ member: false, staff: true, name, locked: line("headset", interpolate(gettext("%(name)s is waiting; nobody has accepted yet"), { name: name || gettext("The customer") }), act(gettext("Accept"), () => this.accept(), true, "A")) });
    } else if (about.state === "open") {
      this.reply.allow({ member: false, staff: true, name, locked: line("lock", this.#answeredSince(), act(gettext("I answer"), () => this.takeOver(), false)) });
    } else {
      const outcome = about.disposition?.name ?? "";
      this.reply.allow({ member: false, staff: true, name, locked: line("check", outcome ? interpolate(gettext("Settled: %(outcome)s. A new message of the customer opens it again."), { outcome }) : gettext("Settled. A new message of the customer opens it again.")) });
    }
  }

  #answeredSince() {
    const { owner, accepted_at: acceptedAt, opened_at: openedAt } = this.about;
    const words = { name: owner?.name ?? "", time: momentWords(acceptedAt ?? openedAt, serverNow()) };
    return drafts.read(`reply:${this.id}`)
      ? interpolate(gettext("%(name)s answers here since %(time)s. Your draft is kept."), words)
      : interpolate(gettext("%(name)s answers here since %(time)s."), words);
  }

  #drawHeld() {
    const { talk } = this;
    const waiting = talk.unsent.filter((entry) => entry.state !== "failed");
    // What was written after a held message stands behind it and shares its fate.
    const held = waiting.some((entry) => entry.state === "held") ? waiting : [];
    this.reply.held(held, {
      look: () => {
        this.timeline.toEnd();
        this.look();
        // Back into the box: it goes when it is sent again, knowing what was said.
        for (const entry of held) this.reply.back(this.live.discard(entry.client_id));
        this.reply.focus();
        // A card cannot go back into the box: it is chosen once more.
        const card = held.find((entry) => entry.shown);
        if (card) this.reply.show(card.kind.replace("_card", ""), card.payload.product_no ?? card.payload.order_no);
      },
      anyway: () => {
        for (const entry of held) this.live.resend(entry.client_id, { anyway: true });
        this.reply.focus();
      },
    });
  }

  /* ---- saying and seeing ---- */

  say(words) {
    // What is on the screen has been seen; what is below the fold has not. Before the talk has come
    // its row in the list is what was seen.
    const seenSeq = !this.talk.isOpen ? this.about.last_seq : this.timeline.isAtEnd ? this.talk.lastSeq : this.seenUpTo;
    this.talk.say({ ...words, seenSeq });
    this.timeline.toEnd();
  }

  files(files) {
    this.uploads.add(files);
    this.timeline.toEnd();
  }

  typing(mode) {
    if (mode === "member" && this.isMine) this.live.typing(this.id);
    this.presence?.typing();
  }

  /* My own talk, scrolled to its end, in the window in front. */
  get isLooking() {
    return this.isMine && this.#isInView;
  }

  get #isInView() {
    return Boolean(this.talk?.isOpen && this.timeline?.isAtEnd && !document.hidden && document.hasFocus());
  }

  look() {
    if (!this.#isInView) return;
    this.seenUpTo = this.talk.lastSeq;
    if (!this.isMine) return;
    this.talk.seen();
    this.hooks.read(this.id);
  }

  #typing(name) {
    clearTimeout(this.typingTimer);
    const line = $("typing");
    line.hidden = !name;
    line.textContent = name ? interpolate(gettext("%(name)s is typing…"), { name }) : "";
    if (name) this.typingTimer = setTimeout(() => this.#typing(null), TYPING_SHOWN_MS);
    if (this.timeline?.isAtEnd) this.timeline.toEnd();
  }

  /* ---- acts ---- */

  async accept() {
    if (!this.isWaiting || this.accepting) return;
    this.accepting = true;
    try {
      await post(`${this.talk.address}acceptance/`, {});
      await this.refresh();
      this.look();
      this.reply.focus();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const owner = error.details?.owner?.name ?? error.details?.owner;
      toast(error.code === "conversation.taken" && owner ? interpolate(gettext("%(name)s was faster and answers already"), { name: owner }) : error.message);
      this.refreshSoon();
    } finally {
      this.accepting = false;
      this.hooks.changed();
    }
  }

  async #after(made, words) {
    if (!made) return;
    toast(words(made));
    this.refreshSoon();
    this.hooks.changed();
  }

  async transfer() {
    if (!this.isMine) return;
    const { about, talk } = this;
    await this.#after(await transfer({ about, desk: this.hooks.desk(), address: talk.address }), ({ to }) => interpolate(gettext("With %(name)s now"), { name: to }));
  }

  async settle() {
    if (!this.isMine) return;
    const { about, talk } = this;
    await this.#after(await settle({ about, desk: this.hooks.desk(), address: talk.address }), () => interpolate(gettext("Settled %(no)s"), { no: about.conversation_no }));
  }

  async mark() {
    if (!this.isMine || !this.talk?.isOpen) return;
    const { about, talk } = this;
    const made = await mark({ about, talk, address: talk.address });
    if (!made) return;
    toast(interpolate(gettext("Marked: %(grade)s"), { grade: made.grade_label }));
    if (this.id === talk.id) this.panel.show(talk.id, { mayWrite: this.isMine });
  }

  async takeOver() {
    if (this.isMine || this.about?.state !== "open") return;
    const made = await takeOver({ about: this.about, address: this.talk.address });
    if (!made) return;
    await this.refresh();
    this.reply.write("member");
    this.hooks.changed();
  }

  async push() {
    if (!this.talk?.isOpen || !$("act-push")) return;
    const [known] = this.panel.cases;
    if (known) {
      // One talk is one case: who pushes it again is shown what became of it.
      toast(interpolate(gettext("%(name)s has pushed this talk: %(state)s"), { name: known.pushed_by.name, state: known.state_label }));
      return;
    }
    const made = await pushToRadio({ about: this.about, talk: this.talk });
    if (!made) return;
    toast(interpolate(gettext("Pushed to the radio; %(words)s"), { words: made.words }));
    this.panel.readCases();
  }
}
