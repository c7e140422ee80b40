/* Draws a talk: days, groups of one speaker, cards, pictures, files, notes, what is still under way.
   Nodes are kept by key and replaced only when what they show has changed, so that a selection,
   a playing scroll and the reader's place survive every new message. */

import { serverNow } from "../js/clock.js";
import { h, icon } from "../js/dom.js";
import { fileSize, initialOf, local, timeWords, weekday } from "../js/format.js";
import { gettext, interpolate, ngettext } from "../js/i18n.js";
import { cardOf } from "./cards.js";
import { gestureCard } from "./gesture.js";
import { openPicture } from "./lightbox.js";

const GROUP_MS = 60_000;
const FOLD_LINES = 12;
const FOLD_LETTERS = 600;
const NEAR_END_PX = 80;
const LOAD_OLDER_PX = 240;

/* ``side`` is who looks; ``scroller`` scrolls, ``log`` holds the nodes; ``acts`` are what a reader can do:
   {resend, sendAnyway, discard, recall, rewrite, retryUpload, dropUpload}. */
export class Timeline {
  constructor({ talk, scroller, log, acts, recallSeconds }) {
    Object.assign(this, { talk, scroller, log, acts, recallSeconds, myName: talk.myName });
    this.nodes = new Map(); // key -> {node, signature}
    this.unfolded = new Set();
    this.newBelow = 0;
    this.stuck = true;
    this.hearing = new AbortController();
    const { signal } = this.hearing;
    this.jump = h("button", { class: "jump", type: "button", hidden: true, onclick: () => this.toEnd() });
    scroller.parentElement.append(this.jump);
    talk.addEventListener("change", () => this.soon(), { signal });
    talk.addEventListener("arrived", () => { if (!this.stuck) this.newBelow += 1; }, { signal });
    scroller.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(scroller);
    // What may be recalled changes with time alone.
    this.timer = setInterval(() => this.soon(), 10_000);
    log.replaceChildren();
    log.dataset.side = talk.side;
    this.draw();
  }

  stop() {
    clearInterval(this.timer);
    cancelAnimationFrame(this.asked);
    this.hearing.abort();
    this.jump.remove();
    this.stopped = true;
  }

  soon() {
    if (this.asked || this.stopped) return;
    // A hidden page gets no frames; it draws when it is looked at again, or at the next message.
    const later = document.hidden ? (run) => setTimeout(run, 50) : requestAnimationFrame;
    this.asked = later(() => { this.asked = 0; if (!this.stopped) this.draw(); });
  }

  get isAtEnd() {
    return this.stuck;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.stuck = true;
    this.newBelow = 0;
    this.#drawJump();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.stuck = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (this.stuck) {
      this.newBelow = 0;
      this.talk.tell("looked");
    }
    this.#drawJump();
    if (scrollTop < LOAD_OLDER_PX && this.talk.hasMore && !this.talk.olderFailed) this.talk.older();
  }

  #drawJump() {
    this.jump.hidden = this.stuck;
    const text = this.newBelow
      ? interpolate(ngettext("%(n)s new message", "%(n)s new messages", this.newBelow), { n: this.newBelow })
      : gettext("To the newest");
    this.jump.replaceChildren(icon("arrow-down", "icon--small"), text);
  }

  draw() {
    const { scroller, log } = this;
    const before = { height: scroller.scrollHeight, top: scroller.scrollTop, first: this.firstShown };
    const wanted = this.#items();
    const keep = new Set(wanted.map((item) => item.key));
    for (const [key, { node }] of this.nodes) {
      if (!keep.has(key)) {
        node.remove();
        this.nodes.delete(key);
      }
    }
    let place = log.firstChild;
    for (const item of wanted) {
      let known = this.nodes.get(item.key);
      if (!known || known.signature !== item.signature) {
        const node = item.make();
        if (known) {
          const hadFocus = known.node.contains(document.activeElement);
          if (place === known.node) place = known.node.nextSibling;
          known.node.replaceWith(node);
          if (hadFocus) node.querySelector("button, a")?.focus();
        }
        known = { node, signature: item.signature };
        this.nodes.set(item.key, known);
      }
      if (known.node === place) place = place.nextSibling;
      else log.insertBefore(known.node, place);
    }
    const first = this.talk.firstSeq;
    if (this.stuck) this.toEnd();
    else if (before.first && first < before.first) scroller.scrollTop = before.top + scroller.scrollHeight - before.height;
    this.firstShown = first;
    this.#drawJump();
  }

  /* ---- what is to be seen, in order ---- */

  #items() {
    const { talk } = this;
    const items = [];
    if (!talk.isOpen) return items;
    items.push(this.#top());
    let day = "";
    let previous = null;
    const notes = [...talk.notes].sort((a, b) => a.after_seq - b.after_seq || (a.at < b.at ? -1 : 1));
    const lines = [...talk.lines];
    const between = (seq) => {
      const found = [];
      while (notes.length && notes[0].after_seq < seq) {
        const note = notes.shift();
        // A note on what is further up appears with it.
        if (note.after_seq >= talk.firstSeq - 1 || !talk.hasMore) found.push(this.#note(note));
      }
      while (lines.length && lines[0].after < seq) found.push(this.#line(lines.shift()));
      return found;
    };
    const seqs = talk.seqs;
    seqs.forEach((seq, i) => {
      const message = talk.messages.get(seq);
      const extras = between(seq);
      if (extras.length) previous = null;
      items.push(...extras);
      const today = dayOf(message.at);
      if (today !== day) {
        day = today;
        previous = null;
        items.push(this.#day(message.at, today));
      }
      if (talk.newFrom === seq) {
        previous = null;
        items.push({ key: "new", signature: "new", make: () => h("p", { class: "new-line", role: "separator" }, h("span", {}, gettext("New messages"))) });
      }
      const next = talk.messages.get(seqs[i + 1]);
      const continues = this.#continues(previous, message);
      const goesOn = next && talk.newFrom !== next.seq && this.#continues(message, next) && dayOf(next.at) === today;
      items.push(this.#message(message, { continues, ends: !goesOn }));
      previous = message;
    });
    items.push(...between(Infinity));
    for (const entry of talk.unsent) items.push(this.#unsent(entry));
    for (const upload of talk.uploads) items.push(this.#upload(upload));
    return items;
  }

  #continues(previous, message) {
    return (
      previous && !previous.recalled && !message.recalled
      && previous.author.kind === message.author.kind && previous.author.name === message.author.name
      && message.author.kind !== "system"
      && Date.parse(message.at) - Date.parse(previous.at) < GROUP_MS
    );
  }

  #top() {
    const { talk } = this;
    const { hasMore, olderFailed } = talk;
    return {
      key: "top",
      signature: `top ${hasMore} ${olderFailed ?? ""} ${talk.messages.size > 0}`,
      make: () => {
        if (olderFailed) {
          return h(
            "div", { class: "failed-part" }, h("span", { class: "failed-part__what" }, gettext("Earlier messages could not be fetched.")),
            h("button", { class: "btn btn--small", type: "button", onclick: () => { talk.olderFailed = null; talk.older(); } }, gettext("Try again")),
          );
        }
        if (hasMore) return h("p", { class: "system-line" }, gettext("Earlier messages are coming…"));
        return h("p", { class: "system-line", hidden: talk.messages.size === 0 }, gettext("The talk begins here"));
      },
    };
  }

  #day(at, key) {
    return { key: `day-${key}`, signature: key, make: () => h("p", { class: "day-line" }, h("time", { datetime: at }, dayWords(at))) };
  }

  #line(line) {
    return { key: line.key, signature: line.text, make: () => h("p", { class: "system-line" }, line.text) };
  }

  #note(note) {
    const name = note.author?.name ?? "";
    return {
      key: `note-${note.id}`,
      signature: note.body,
      make: () => h(
        "div", { class: "bubble bubble--note note", dataset: { note: note.id } },
        h("p", { class: "note__head" }, icon("lock", "icon--small"), h("b", {}, gettext("Internal note")), h("span", {}, name), moment(note.at)),
        h("p", { class: "bubble__text" }, note.body),
      ),
    };
  }

  #message(message, { continues, ends }) {
    const own = this.talk.isOwn(message);
    const { seq, author, recalled } = message;
    if (message.kind === "goodwill_card" && message.payload) {
      return { key: `m${seq}`, signature: "gesture", make: () => gestureCard(message, { side: this.talk.side, at: moment(message.at) }) };
    }
    if (author.kind === "system" || message.kind === "system") {
      return { key: `m${seq}`, signature: message.body, make: () => h("p", { class: "system-line", dataset: { seq } }, message.body, " ", moment(message.at)) };
    }
    if (recalled) return this.#recalled(message, own);
    const read = own && this.talk.marks[`${this.talk.otherSide}_read`] >= seq;
    const mayRecall = own && this.#byMe(message) && serverNow() - Date.parse(message.at) < this.recallSeconds * 1000;
    const unfolded = this.unfolded.has(seq);
    return {
      key: `m${seq}`,
      signature: [continues, ends, read, mayRecall, unfolded, message.body, author.name].join("|"),
      make: () => this.#said(message, { own, continues, ends, read, mayRecall, unfolded }),
    };
  }

  #byMe(message) {
    return this.talk.side === "member" || message.author.name === this.myName;
  }

  #said(message, { own, continues, ends, read, mayRecall, unfolded }) {
    const { seq, author, at } = message;
    const { name } = author;
    const acts = [];
    if (mayRecall) acts.push(h("button", { class: "said__act", type: "button", onclick: () => this.acts.recall(message) }, gettext("Recall")));
    const head = continues ? null : h(
      "p", { class: "said__head" },
      this.talk.side === "member" && own ? null : h("span", { class: "said__who" }, name, author.kind === "bot" ? h("span", {}, ` ${gettext("robot")}`) : null),
      moment(at),
    );
    return h(
      "div", {
        class: `said ${own ? "said--own" : "said--theirs"}${continues ? " said--more" : ""}`,
        dataset: { seq, author: author.kind },
        tabindex: acts.length ? "0" : null,
      },
      continues ? h("span", { class: "said__gap" }) : avatar(name, author.kind),
      h(
        "div", { class: "said__body" }, head,
        this.#bubble(message, { own, unfolded }),
        own && ends ? fate(read ? "read" : "stored") : null,
        acts.length ? h("div", { class: "said__acts" }, acts) : null,
      ),
    );
  }

  #bubble(message, { own, unfolded }) {
    const style = this.talk.side === "member" && own ? "own" : message.author.kind;
    const css = `bubble bubble--${style}`;
    const { kind, body, payload } = message;
    const url = payload?.attachment ? `/api/v1/attachments/${payload.attachment}/` : null;
    if (kind === "image" && url) {
      const size = payload.width && payload.height ? { width: payload.width, height: payload.height } : {};
      const picture = h("img", { src: url, alt: payload.name ?? gettext("Picture"), loading: "lazy", decoding: "async", ...size });
      picture.addEventListener("load", () => this.stuck && this.toEnd(), { once: true });
      return h("button", { class: `${css} bubble--media`, type: "button", "aria-label": interpolate(gettext("Open picture %(name)s"), { name: payload.name ?? "" }), onclick: (e) => openPicture({ url, name: payload.name }, e.currentTarget) }, picture);
    }
    if ((kind === "file" || kind === "image") && url) {
      return h(
        "a", { class: `${css} file`, href: url, download: payload.name ?? "" },
        icon("document"), h("span", { class: "file__name" }, payload.name ?? gettext("File")),
        h("span", { class: "file__size" }, payload.size ? fileSize(payload.size) : ""),
      );
    }
    if ((kind === "order_card" || kind === "product_card") && payload) return cardOf(kind, payload);
    if (kind === "sticker") return h("div", { class: "sticker" }, body);
    const long = body.length > FOLD_LETTERS || body.split("\n").length > FOLD_LINES;
    const bubble = h("div", { class: `${css}${long && !unfolded ? " bubble--folded" : ""}` }, h("span", { class: "bubble__text" }, body));
    if (long) {
      bubble.append(h("button", {
        class: "bubble__fold", type: "button", "aria-expanded": String(unfolded),
        onclick: () => { this.unfolded[unfolded ? "delete" : "add"](message.seq); this.soon(); },
      }, unfolded ? gettext("Fold") : gettext("Read all")));
    }
    return bubble;
  }

  #recalled(message, own) {
    const { seq, author } = message;
    const mine = own && this.#byMe(message);
    const words = mine ? this.talk.mine.get(seq) : undefined;
    return {
      key: `m${seq}`,
      signature: `recalled ${Boolean(words)}`,
      make: () => h(
        "p", { class: "system-line", dataset: { seq, recalled: "1" } },
        mine
          ? gettext("You took a message back")
          : interpolate(gettext("%(name)s took a message back"), { name: author.name }),
        words ? h("button", { class: "btn btn--link btn--small", type: "button", onclick: () => this.acts.rewrite(words) }, gettext("Write it anew")) : null,
      ),
    };
  }

  #unsent(entry) {
    const { client_id: clientId, state, code } = entry;
    const author = { kind: this.talk.side === "member" ? "member" : "agent", name: this.myName };
    const message = { ...entry, payload: entry.shown ?? entry.payload, author, at: new Date(entry.order).toISOString() };
    const acts = this.acts;
    return {
      key: `u${clientId}`,
      signature: `${state} ${code ?? ""} ${entry.body}`,
      make: () => h(
        "div", { class: "said said--own said--more said--unsent", dataset: { clientId, state } },
        h("span", { class: "said__gap" }),
        h(
          "div", { class: "said__body" }, this.#bubble(message, { own: true, unfolded: false }),
          state === "failed"
            ? h(
              "span", { class: "bubble__fate bubble__fate--failed", role: "alert" }, icon("warning"), why(entry),
              h("button", { class: "btn btn--link btn--small", type: "button", onclick: () => acts.resend(clientId) }, gettext("Send again")),
              h("button", { class: "btn btn--plain btn--small", type: "button", onclick: () => acts.discard(clientId) }, entry.body ? gettext("Back into the box") : gettext("Leave it")),
            )
            : state === "held" ? fate("held") : fate("sending"),
        ),
      ),
    };
  }

  #upload(upload) {
    const { clientId, file, url, error } = upload;
    const percent = Math.round((upload.share ?? 0) * 100);
    return {
      key: `f${clientId}`,
      signature: `${percent} ${error ?? ""} ${upload.waits ?? ""}`,
      make: () => {
        const bar = h("div", { class: "progress", role: "progressbar", "aria-valuenow": String(percent), "aria-valuemin": "0", "aria-valuemax": "100", "aria-label": file.name });
        bar.style.setProperty("--share", String(upload.share ?? 0));
        return h(
          "div", { class: "said said--own said--more said--unsent", dataset: { clientId, state: error ? "failed" : "uploading" } },
          h("span", { class: "said__gap" }),
          h(
            "div", { class: "said__body" },
            h(
              "div", { class: `bubble upload ${this.talk.side === "member" ? "bubble--own" : "bubble--agent"}` },
              url ? h("img", { src: url, alt: "" }) : icon("document"),
              h("span", { class: "file__name" }, file.name), h("span", { class: "file__size" }, fileSize(file.size)), bar,
            ),
            error
              ? h(
                "span", { class: "bubble__fate bubble__fate--failed", role: "alert" }, icon("warning"), error,
                h("button", { class: "btn btn--link btn--small", type: "button", onclick: () => this.acts.retryUpload(clientId) }, gettext("Send again")),
                h("button", { class: "btn btn--plain btn--small", type: "button", onclick: () => this.acts.dropUpload(clientId) }, gettext("Leave it")),
              )
              : h("span", { class: "bubble__fate" }, icon("clock"), upload.waits ? gettext("Goes when the line is back") : interpolate(gettext("Uploading, %(percent)s %"), { percent })),
          ),
        );
      },
    };
  }
}

/* ---- parts ---- */

export function avatar(name, kind, css = "") {
  return h("span", { class: `avatar avatar--${kind} ${css}`, "aria-hidden": "true" }, kind === "bot" ? icon("bot") : initialOf(name));
}

export function moment(at) {
  return h("time", { datetime: at, title: fullMoment(at) }, timeWords(at));
}

function fullMoment(at) {
  const { year, month, day, hour, minute } = local(new Date(at));
  return `${year}-${month}-${day} ${hour}:${minute}`;
}

function fate(state) {
  const [name, words] = {
    sending: ["clock", gettext("Sending")],
    held: ["eye", gettext("Held")],
    stored: ["check", gettext("Sent")],
    read: ["double-check", gettext("Read")],
  }[state];
  const shown = state === "read" || state === "held";
  return h("span", { class: "bubble__fate", dataset: { fate: state } }, icon(name), h("span", { class: shown ? "" : "sr-only" }, words));
}

/* Why a message was not taken, as a sentence. */
function why({ code, message }) {
  return {
    closed: gettext("Not sent: this talk is closed."),
    not_owner: gettext("Not sent: somebody else answers here now."),
    not_found: gettext("Not sent: this talk is no longer yours."),
    too_large: gettext("Not sent: too long. Send it in parts."),
    bad_text: gettext("Not sent: it holds characters that cannot be stored."),
  }[code] ?? (message ? interpolate(gettext("Not sent: %(why)s"), { why: message }) : gettext("Not sent."));
}

function dayOf(at) {
  const { year, month, day } = local(new Date(at));
  return `${year}-${month}-${day}`;
}

function dayWords(at) {
  const today = dayOf(serverNow());
  if (dayOf(at) === today) return gettext("Today");
  if (dayOf(at) === dayOf(serverNow() - 86_400_000)) return gettext("Yesterday");
  const date = new Date(at);
  const { year, month, day } = local(date);
  const short = year === local(new Date(serverNow())).year ? `${month}-${day}` : `${year}-${month}-${day}`;
  return `${short} ${weekday(date)}`;
}

