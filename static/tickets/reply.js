/* The reply box is sacred: nothing moves it, takes its focus or loses its text. Two tabs: what the
   customer reads, and what staff alone read (the whole box turns yellow, so that one is never the other). */

import { post } from "../js/api.js";
import { h, icon, store } from "../js/dom.js";
import * as drafts from "../js/drafts.js";
import { timeWords } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";
import { show as showKey } from "../js/keys.js";
import { insert, replace, takeDrops, wire } from "./box.js";
import { Canned } from "./canned.js";
import { emojiPicker } from "./emoji.js";
import { pick } from "./pick.js";

const $ = (id) => document.getElementById(id);
const field = $("box");

/* ``hooks``: {say(body), show(card), about() -> the open talk, typing(mode), files(files), noted(), waits()} */
export class Reply {
  constructor(hooks) {
    this.hooks = hooks;
    this.mode = "member";
    this.may = { member: false, staff: false };
    this.canned = new Canned({ field, list: $("canned"), mayOpen: () => this.mode === "member" });
    wire({
      field, form: $("form"),
      sends: (e) => (this.enterSends ? !e.shiftKey || e.ctrlKey || e.metaKey : e.ctrlKey || e.metaKey),
      onsend: ({ andWait }) => this.send({ andWait: andWait && !this.enterSends }),
      onfiles: (files) => this.files(files),
      ontyping: () => this.hooks.typing(this.mode),
      onchange: () => this.#drawSend(),
    });
    takeDrops($("open"), (files) => this.files(files));
    emojiPicker($("emoji"), (face) => insert(field, face));
    $("slash").addEventListener("click", () => this.canned.start());
    for (const [button, input] of [["attach-image", "image-file"], ["attach-file", "any-file"]]) {
      $(button).addEventListener("click", () => $(input).click());
      $(input).addEventListener("change", () => { this.files([...$(input).files]); $(input).value = ""; });
    }
    $("cards").addEventListener("click", () => this.show());
    $("to-member").addEventListener("click", () => this.write("member"));
    $("to-staff").addEventListener("click", () => this.write("staff"));
    $("reply-tabs").addEventListener("keydown", (e) => {
      if (e.key !== "ArrowLeft" && e.key !== "ArrowRight") return;
      e.preventDefault();
      this.write(this.mode === "member" ? "staff" : "member", { focus: false });
      $(this.mode === "member" ? "to-member" : "to-staff").focus();
    });
    $("enter").addEventListener("click", () => {
      store.set("desk.enter", !this.enterSends);
      this.#drawEnter();
    });
    this.#drawEnter();
  }

  get enterSends() {
    return store.get("desk.enter", false);
  }

  #drawEnter() {
    const on = this.enterSends;
    $("enter").setAttribute("aria-pressed", String(on));
    $("enter").textContent = on ? gettext("Enter sends") : gettext("Enter makes a line");
    $("send-key").textContent = showKey(on ? "enter" : "mod+enter");
  }

  /* ---- whose box it is ---- */

  open(id) {
    this.id = id;
    this.canned.about(id);
    this.mode = "member";
    const key = this.#key();
    if (this.draft) this.draft.move(key);
    else this.draft = drafts.bind(field, key, { onsaved: (at) => this.#saved(at) });
    $("saved").textContent = field.value ? gettext("Draft kept") : "";
    this.#error("");
    this.#draw();
  }

  #key() {
    return `${this.mode === "staff" ? "note" : "reply"}:${this.id}`;
  }

  #saved(at) {
    $("saved").textContent = interpolate(gettext("Draft kept %(time)s"), { time: timeWords(at) });
  }

  /* What one may write now; ``name`` is the customer's, for the plain word who reads it. */
  allow({ member, staff, name, locked }) {
    this.may = { member, staff };
    this.name = name;
    $("locked").hidden = !locked;
    if (locked) $("locked").replaceChildren(...locked, ...(staff ? [this.#noteButton()] : []));
    this.#draw();
  }

  #noteButton() {
    return h("button", { class: "btn btn--plain", type: "button", onclick: () => this.write("staff") }, icon("lock"), gettext("Note"), h("kbd", { class: "kbd" }, "I"));
  }

  write(mode, { focus = true } = {}) {
    if (!this.may[mode]) return;
    if (mode !== this.mode) this.#switch(mode);
    if (focus) field.focus();
  }

  #switch(mode) {
    this.mode = mode;
    this.draft.move(this.#key());
    this.canned.close();
    $("saved").textContent = field.value ? gettext("Draft kept") : "";
    this.#draw();
  }

  #draw() {
    const note = this.mode === "staff";
    const form = $("form");
    // Where one may not reply the box appears only when a note is asked for.
    form.hidden = !this.may[this.mode];
    form.dataset.mode = this.mode;
    $("to-member").setAttribute("aria-selected", String(!note));
    $("to-staff").setAttribute("aria-selected", String(note));
    $("to-member").tabIndex = note ? -1 : 0;
    $("to-staff").tabIndex = note ? 0 : -1;
    $("to-member").disabled = !this.may.member;
    $("reply-box").setAttribute("aria-labelledby", note ? "to-staff" : "to-member");
    $("box-name").textContent = note ? gettext("Note for staff") : gettext("Reply to the customer");
    $("who-sees").replaceChildren(...(note
      ? [icon("lock", "icon--small"), gettext("Staff alone read this, never the customer")]
      : [icon("eye", "icon--small"), interpolate(gettext("%(name)s reads this"), { name: this.name || gettext("The customer") })]));
    for (const id of ["slash", "cards", "attach-image", "attach-file"]) $(id).hidden = note;
    $("send-words").textContent = note ? gettext("Add note") : gettext("Send");
    field.maxLength = Number($("desk").dataset.characters);
    field.disabled = !this.may[this.mode];
    this.#drawSend();
  }

  #drawSend() {
    $("send").disabled = !field.value.trim() || !this.may[this.mode];
    if (!field.value) $("saved").textContent = "";
  }

  #error(text) {
    $("box-error").hidden = !text;
    $("box-error").textContent = text;
  }

  /* ---- writing ---- */

  focus() {
    field.focus();
  }

  files(files) {
    if (!files.length || this.mode !== "member" || !this.may.member) return;
    this.hooks.files(files);
  }

  /* Choose a product or an order and send it as a card; what stands in the box stays there. */
  show(kind = "product", words = "") {
    const about = this.hooks.about();
    if (!about || !this.may.member) return;
    this.write("member");
    pick({ about, kind, words, back: field, send: (card) => about.id === this.id && this.hooks.show(card) });
  }

  back(text) {
    if (!text) return;
    this.write("member");
    replace(field, field.value ? `${field.value}\n${text}` : text);
  }

  async send({ andWait = false } = {}) {
    const body = field.value.trim();
    if (!body || !this.may[this.mode]) return;
    this.#error("");
    if (this.mode === "staff") {
      await this.#addNote(body);
      return;
    }
    this.hooks.say(body);
    replace(field, "");
    this.draft.clear();
    field.focus();
    if (andWait) this.hooks.waits();
  }

  async #addNote(body) {
    const { id } = this;
    $("send").setAttribute("aria-busy", "true");
    field.readOnly = true;
    try {
      await post(`/api/v1/conversations/${id}/notes/`, { body });
      if (this.id === id && this.mode === "staff") {
        replace(field, "");
        this.draft.clear();
      } else drafts.write(`note:${id}`, "");
      this.hooks.noted();
    } catch (error) {
      this.#error(error.message);
    } finally {
      $("send").removeAttribute("aria-busy");
      field.readOnly = false;
      field.focus();
    }
  }

  /* A newer word of the customer has not been seen: look, then send, or send all the same. */
  held(entries, { look, anyway }) {
    const region = $("held");
    const about = entries.map((entry) => entry.client_id).join();
    if (region.dataset.about === about) return;
    region.dataset.about = about;
    if (!entries.length) {
      region.replaceChildren();
      return;
    }
    region.replaceChildren(h(
      "div", { class: "banner banner--danger" }, icon("warning"),
      h("span", { class: "banner__text" }, gettext("The customer has just said something more. Nothing has been sent yet.")),
      h("button", { class: "btn btn--small btn--primary", type: "button", onclick: look }, gettext("Look, then send")),
      h("button", { class: "btn btn--small", type: "button", onclick: anyway }, gettext("Send all the same")),
    ));
  }
}
