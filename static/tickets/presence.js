/* Who else is here: pencil = typing, eye = viewing, faded = their window is not in front. */

import { h, icon } from "../js/dom.js";
import { gettext, interpolate } from "../js/i18n.js";

const TYPING_MS = 8000;
const KNOWN_MS = 90_000; // somebody not heard of for this long has left
const TELL_AGAIN_MS = 30_000;

export class Presence {
  constructor({ talk, live, region }) {
    Object.assign(this, { talk, live, region });
    this.others = new Map(); // id -> {name, state, at}
    this.hearing = new AbortController();
    const { signal } = this.hearing;
    talk.addEventListener("viewing", ({ detail }) => this.#heard(detail), { signal });
    for (const [target, type] of [[document, "visibilitychange"], [window, "focus"], [window, "blur"]]) {
      target.addEventListener(type, () => this.tell(), { signal });
    }
    addEventListener("pagehide", () => live.viewing(talk.id, "left"), { signal });
    this.timer = setInterval(() => { this.tell({ again: true }); this.draw(); }, TELL_AGAIN_MS);
    this.tell();
    this.draw();
  }

  stop() {
    clearInterval(this.timer);
    clearTimeout(this.typingTimer);
    this.hearing.abort();
    this.live.viewing(this.talk.id, "left");
    this.region.replaceChildren();
  }

  typing() {
    this.isTyping = true;
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => { this.isTyping = false; this.tell(); }, TYPING_MS);
    this.tell();
  }

  tell({ again = false } = {}) {
    const state = document.hidden || !document.hasFocus() ? "away" : this.isTyping ? "typing" : "viewing";
    if (state === this.told && !again) return;
    this.told = state;
    this.live.viewing(this.talk.id, state);
  }

  #heard({ user, state }) {
    if (user.id === this.live.user) return;
    const isNew = !this.others.has(user.id);
    if (state === "left") this.others.delete(user.id);
    else this.others.set(user.id, { name: user.name, state, at: Date.now() });
    // Who has just come cannot know that I am here already.
    if (isNew && state !== "left") this.tell({ again: true });
    this.draw();
  }

  draw() {
    const now = Date.now();
    for (const [id, { at }] of this.others) if (now - at > KNOWN_MS) this.others.delete(id);
    const here = [...this.others.values()].sort((a, b) => order(a) - order(b));
    if (!here.length) {
      this.region.replaceChildren();
      return;
    }
    this.region.replaceChildren(h(
      "div", { class: "banner presence" },
      icon(here.some((p) => p.state === "typing") ? "pencil" : "eye"),
      h("span", { class: "banner__text meta" }, here.map((p) => h("span", { class: p.state === "away" ? "presence__away" : "" }, h("b", {}, p.name), " ", words(p.state)))),
    ));
  }
}

function order({ state }) {
  return { typing: 0, viewing: 1, away: 2 }[state] ?? 3;
}

function words(state) {
  return {
    typing: gettext("is writing"),
    viewing: gettext("is looking"),
    away: gettext("is here (window not in front)"),
  }[state] ?? "";
}

/* Somebody else answers here: said as one sentence. */
export function answeredBy(name) {
  return interpolate(gettext("%(name)s answers here"), { name });
}
