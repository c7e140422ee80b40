/* "/" in an empty box or after a blank opens the canned replies: written letters find, arrows choose,
   the chosen one is shown whole with its variables filled, Enter or Tab takes it. */

import { get } from "../js/api.js";
import { h } from "../js/dom.js";
import { gettext } from "../js/i18n.js";
import { isComposing } from "../js/keys.js";
import { insert } from "./box.js";

const TRIGGER = /(^|\s)\/([^\s/]{0,24})$/u;
const SHOWN = 8;
const PAUSE_MS = 120;

export class Canned {
  constructor({ field, list, mayOpen }) {
    Object.assign(this, { field, list, mayOpen, found: [], at: 0 });
    // While an input method composes nothing is said yet: a "/" on its way opens nothing.
    field.addEventListener("input", (e) => e.isComposing || this.#look());
    field.addEventListener("compositionend", () => this.#look());
    field.addEventListener("keydown", (e) => this.#key(e), true);
    field.addEventListener("blur", () => setTimeout(() => !list.contains(document.activeElement) && this.close(), 120));
    list.addEventListener("pointerdown", (e) => e.preventDefault());
  }

  about(conversation) {
    if (this.conversation !== conversation) this.cache = new Map();
    this.conversation = conversation;
    this.close();
  }

  get isOpen() {
    return !this.list.hidden;
  }

  /* The button does what the key does. */
  start() {
    this.field.focus();
    const before = this.field.value.slice(0, this.field.selectionStart);
    insert(this.field, before && !/\s$/u.test(before) ? " /" : "/");
  }

  close() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.field.removeAttribute("aria-controls");
    this.field.removeAttribute("aria-activedescendant");
  }

  #look() {
    const before = this.field.value.slice(0, this.field.selectionStart);
    const found = TRIGGER.exec(before);
    if (!found || !this.mayOpen()) {
      this.close();
      return;
    }
    this.typed = found[2];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(this.typed), PAUSE_MS);
  }

  async #ask(query) {
    const { conversation } = this;
    try {
      if (!this.cache.has(query)) {
        const answer = await get(`/api/v1/canned-replies/?q=${encodeURIComponent(query)}&conversation=${conversation}`);
        this.cache.set(query, answer.data ?? answer);
      }
    } catch (error) {
      this.#say(error.message);
      return;
    }
    if (conversation !== this.conversation || query !== this.typed) return;
    this.found = this.cache.get(query).slice(0, SHOWN);
    this.at = 0;
    if (this.found.length) this.#draw();
    else this.#say(gettext("No canned reply fits. Go on writing."));
  }

  #say(text) {
    this.found = [];
    this.list.replaceChildren(h("p", { class: "canned__none", role: "status" }, text));
    this.list.hidden = false;
  }

  #draw() {
    const rows = this.found.map((reply, i) => h(
      "div", { class: "canned__one", role: "option", id: `canned-${i}`, "aria-selected": String(i === this.at), onclick: () => this.take(i), onpointermove: () => i !== this.at && this.#move(i - this.at) },
      h("kbd", { class: "kbd" }, `/${reply.shortcut}`), h("span", { class: "clip" }, reply.title), h("span", { class: "ink-3 t-12 nowrap" }, reply.folder),
    ));
    this.list.replaceChildren(
      h("div", { class: "canned__rows", id: "canned-rows", role: "listbox", "aria-label": gettext("Canned replies") }, rows),
      h("p", { class: "canned__whole" }, this.found[this.at].body),
    );
    this.list.hidden = false;
    this.field.setAttribute("aria-controls", "canned-rows");
    this.field.setAttribute("aria-activedescendant", `canned-${this.at}`);
  }

  #move(by) {
    this.at = (this.at + by + this.found.length) % this.found.length;
    this.#draw();
    document.getElementById(`canned-${this.at}`)?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (!this.isOpen || isComposing(event)) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
      return;
    }
    if (!this.found.length || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.#move(step);
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.take(this.at);
    }
  }

  take(i) {
    const { field } = this;
    const end = field.selectionStart;
    field.focus();
    field.setSelectionRange(end - this.typed.length - 1, end);
    insert(field, this.found[i].body);
    this.close();
  }
}
