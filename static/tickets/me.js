/* A member's chat: what was said, who speaks now, how long it may take, and a box that loses nothing. */

import { ApiError, get, post } from "../js/api.js";
import { h, icon } from "../js/dom.js";
import * as drafts from "../js/drafts.js";
import { spokenSpan } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";
import { newId, pageLive } from "../js/live.js";
import { toast } from "../js/toast.js";
import { attach } from "./attach.js";
import { insert, replace, takeDrops, wire } from "./box.js";
import { cardOf } from "./cards.js";
import { emojiPicker } from "./emoji.js";
import { Talk } from "./talk.js";
import { avatar, Timeline } from "./timeline.js";
import { Uploads } from "./uploads.js";

const ASK_QUEUE_MS = 10_000;
const TYPING_SHOWN_MS = 4000;
const TRY_AGAIN_MS = 5000;

const $ = (id) => document.getElementById(id);
const page = $("chat");
const { recallSeconds, uploadBytes, order, written } = page.dataset;
const field = $("box");
const form = $("form");
const live = pageLive();
const isPhone = matchMedia("(pointer: coarse)");

class Chat {
  constructor() {
    this.talk = null;
    this.about = null; // the conversation as the server tells it
    this.draft = drafts.bind(field, page.dataset.talk ? `chat:${page.dataset.talk}` : `chat:new:${order}`);
    wire({
      field, form,
      // A phone's Enter is a new line, a keyboard's sends; shift makes the line there.
      sends: (e) => !isPhone.matches && !e.shiftKey,
      onsend: () => this.send(),
      onfiles: (files) => this.attach(files),
      ontyping: () => this.talk && live.typing(this.talk.id),
      onchange: () => this.#drawBox(),
    });
    takeDrops($("scroll"), (files) => this.attach(files));
    emojiPicker($("emoji"), (face) => insert(field, face));
    $("attach").addEventListener("click", () => attach({
      // A file needs a talk to lie in.
      files: this.talk ? () => $("file").click() : null,
      products: page.dataset.products === "1",
      reader: this.about?.owner?.name ?? gettext("The agent"),
      send: (card) => this.show(card),
    }));
    $("file").addEventListener("change", () => { this.attach([...$("file").files]); $("file").value = ""; });
    $("go-on").addEventListener("click", () => this.goOn());
    for (const type of ["focus", "visibilitychange"]) addEventListener(type, () => this.#look());
    this.#drawBox();
  }

  async open(id) {
    this.talk = new Talk({ id, live, side: "member" });
    this.#hear();
    this.uploads = new Uploads({ talk: this.talk, limit: Number(uploadBytes) });
    this.timeline = new Timeline({
      talk: this.talk, scroller: $("scroll"), log: $("log"), recallSeconds: Number(recallSeconds),
      acts: {
        resend: (clientId) => live.resend(clientId),
        discard: (clientId) => this.#backIntoBox(live.discard(clientId)),
        recall: (message) => live.recall(id, message.seq),
        rewrite: (text) => this.#backIntoBox(text),
        retryUpload: (clientId) => this.uploads.retry(clientId),
        dropUpload: (clientId) => this.uploads.drop(clientId),
      },
    });
    try {
      await this.refresh();
      await this.talk.open();
    } catch (error) {
      this.#failed(error, () => this.reopen(id));
      return;
    }
    this.talk.newFrom = this.talk.firstUnseen(this.about.member_read_seq, this.about.unread);
    this.talk.tell("change");
    this.timeline.toEnd();
    this.#look();
  }

  reopen(id) {
    this.talk.stop();
    this.timeline.stop();
    this.uploads.stop();
    return this.open(id);
  }

  #hear() {
    const { talk } = this;
    const on = (type, run) => talk.addEventListener(type, ({ detail }) => run(detail));
    on("arrived", (message) => {
      this.#typing(null);
      this.#look();
      if (message.author.kind === "system") this.refreshSoon();
    });
    on("looked", () => this.#look());
    on("typing", (author) => author.kind !== "member" && this.#typing(author.name));
    on("event", () => this.refreshSoon());
    on("queue", (place) => this.#drawWaiting(place));
    on("refused", ({ code, message }) => code?.startsWith("recall.") && toast(message));
    live.addEventListener("state", ({ detail }) => detail.state === "online" && this.refreshSoon());
  }

  refreshSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.refresh().catch((error) => console.warn("chat", error.message)), 150);
  }

  async refresh() {
    this.about = await get(this.talk.address);
    this.#drawWho();
    this.#drawFoot();
    clearInterval(this.asking);
    if (this.about.state === "waiting") {
      live.askQueue(this.talk.id);
      this.asking = setInterval(() => live.askQueue(this.talk.id), ASK_QUEUE_MS);
    } else this.#drawWaiting(null);
  }

  #drawWho() {
    const { state, owner } = this.about;
    const name = owner?.name ?? (state === "waiting" ? gettext("Waiting for an agent") : gettext("Agents"));
    $("who-name").textContent = name;
    $("who-role").textContent = owner ? gettext("agent") : "";
    $("who-face").replaceChildren(owner ? avatar(owner.name, "agent", "avatar--large") : h("span", { class: "avatar avatar--large" }, icon("headset")));
    const words = $("who-state");
    words.dataset.state = state;
    words.textContent = {
      waiting: gettext("Somebody comes as soon as possible"),
      open: gettext("Is answering you now"),
      resolved: gettext("This talk is settled"),
      closed: gettext("This talk is closed"),
    }[state] ?? "";
  }

  #drawWaiting(place) {
    const line = $("waiting");
    const waiting = this.about?.state === "waiting" && place;
    line.hidden = !waiting;
    if (!waiting) return;
    const ahead = place.position - 1;
    // An estimate is no stopwatch: whole minutes.
    const wait = spokenSpan(Math.max(Math.ceil(place.wait_seconds / 60), 1) * 60);
    const text = ahead === 0
      ? interpolate(gettext("Calling an agent; you are next, about %(wait)s"), { wait })
      : interpolate(gettext("Calling an agent; %(ahead)s before you, about %(wait)s"), { ahead, wait });
    if (line.textContent !== text) line.textContent = text;
    if (this.timeline?.isAtEnd) this.timeline.toEnd();
  }

  #drawFoot() {
    const { state, disposition } = this.about;
    const done = (state === "resolved" || state === "closed") && !this.goesOn;
    if (state === "open" || state === "waiting") this.goesOn = false;
    $("settled").hidden = !done;
    form.hidden = done;
    if (!done) return;
    const closed = state === "closed" || page.dataset.mayGoOn === "";
    $("go-on").hidden = closed;
    $("start-anew").hidden = !closed;
    const outcome = typeof disposition === "object" ? disposition?.name : disposition;
    $("settled-line").textContent = closed
      ? gettext("This talk is closed. A new one finds an agent at once.")
      : outcome
        ? interpolate(gettext("Settled: %(outcome)s."), { outcome })
        : gettext("Settled."); // until when it can go on is the last line of the talk itself
  }

  goOn() {
    this.goesOn = true;
    this.#drawFoot();
    field.focus();
  }

  #typing(name) {
    clearTimeout(this.typingTimer);
    const line = $("typing");
    line.hidden = !name;
    line.textContent = name ? interpolate(gettext("%(name)s is typing…"), { name }) : "";
    if (name) this.typingTimer = setTimeout(() => this.#typing(null), TYPING_SHOWN_MS);
    if (this.timeline?.isAtEnd) this.timeline.toEnd();
  }

  #look() {
    if (this.talk?.isOpen && this.timeline?.isAtEnd && !document.hidden && document.hasFocus()) this.talk.seen();
  }

  /* ---- writing ---- */

  #drawBox() {
    $("send").disabled = !field.value.trim();
    this.#boxError("");
  }

  #boxError(text) {
    const line = $("box-error");
    line.hidden = !text;
    line.textContent = text;
  }

  #backIntoBox(text) {
    if (!text) return;
    this.goesOn = true;
    if (this.about) this.#drawFoot();
    replace(field, field.value ? `${field.value}\n${text}` : text);
    field.focus();
  }

  attach(files) {
    if (!files.length) return;
    if (!this.talk) {
      this.#boxError(gettext("Write one sentence first, then send the picture."));
      field.focus();
      return;
    }
    this.uploads.add(files);
    this.timeline.toEnd();
  }

  send() {
    const body = field.value.trim();
    if (!body) return;
    if (!this.talk) {
      this.begin({ body });
      return;
    }
    this.talk.say({ body });
    replace(field, "");
    this.draft.clear();
    this.timeline.toEnd();
    field.focus();
  }

  /* A card goes by itself; what stands in the box stays there. */
  show(card) {
    if (!this.talk) {
      this.begin(card);
      return;
    }
    this.talk.say(card);
    this.timeline.toEnd();
  }

  /* The first sentence or card opens the talk; the same client id makes a second try the same talk. */
  async begin(words) {
    if (this.beginning) return;
    this.beginning = { body: "", ...words, clientId: newId() };
    const { body } = this.beginning;
    if (body) replace(field, "");
    // Clearing the box must not clear what is kept until the server has it.
    if (body) drafts.write(`chat:new:${order}`, body);
    this.#drawBeginning(gettext("Sending"));
    await this.#tryBeginning();
  }

  async #tryBeginning() {
    const { clientId, body, kind, payload } = this.beginning;
    const typed = body || field.value;
    drafts.write(`chat:new:${order}`, typed);
    try {
      const about = await post("/api/v1/conversations/", {
        medium: "web", client_id: clientId, body, kind, payload, ...(order ? { order_no: order } : {}), ...(written ? { written: true } : {}),
      }, { idempotencyKey: clientId });
      this.beginning = null;
      this.draft.clear();
      drafts.write(`chat:new:${order}`, "");
      this.draft.stop();
      // What was being written while a card opened the talk goes on in it.
      if (!body) drafts.write(`chat:${about.id}`, typed);
      history.replaceState(null, "", `/me/chat/${about.id}/`);
      page.dataset.talk = about.id;
      page.dataset.mayGoOn = "1";
      this.draft = drafts.bind(field, `chat:${about.id}`);
      await this.open(about.id);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.isOffline || error.status >= 500 || error.status === 429) {
        this.#drawBeginning(gettext("Goes when the line is back"));
        setTimeout(() => this.beginning && this.#tryBeginning(), TRY_AGAIN_MS);
      } else {
        this.beginning = null;
        $("log").querySelector("[data-beginning]")?.remove();
        replace(field, body);
        this.#boxError(error.message);
      }
    }
  }

  #drawBeginning(words) {
    const { body, kind, shown } = this.beginning;
    $("log").querySelector("[data-beginning]")?.remove();
    $("log").append(h(
      "div", { class: "said said--own said--unsent", dataset: { beginning: "1" } }, h("span", { class: "said__gap" }),
      h("div", { class: "said__body" }, shown ? cardOf(kind, shown) : h("div", { class: "bubble bubble--own" }, h("span", { class: "bubble__text" }, body)), h("span", { class: "bubble__fate" }, icon("clock"), words)),
    ));
  }

  #failed(error, again) {
    if (!(error instanceof ApiError)) throw error;
    $("log").replaceChildren(h(
      "div", { class: "failed-part" }, h("span", { class: "failed-part__what" }, error.message),
      h("button", { class: "btn btn--small", type: "button", onclick: again }, gettext("Try again")),
    ));
  }
}

const chat = new Chat();
live.connect();
if (page.dataset.talk) await chat.open(page.dataset.talk);
else field.focus();
