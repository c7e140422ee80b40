/* Sound and browser notices: both off until somebody switches them on here. Sound comes at a threshold,
   once; a notice only while this page is not looked at. */

import { store } from "../js/dom.js";
import { gettext } from "../js/i18n.js";
import { inOneLine } from "./talk.js";

const $ = (id) => document.getElementById(id);

export class Notify {
  constructor({ open }) {
    this.open = open;
    this.sounded = new Set();
    $("sound").addEventListener("click", () => this.#turnSound());
    $("notices").addEventListener("click", () => this.#turnNotices());
    this.#draw();
  }

  get hasSound() {
    return store.get("desk.sound", false);
  }

  get hasNotices() {
    return store.get("desk.notices", false) && "Notification" in window && Notification.permission === "granted";
  }

  #turnSound() {
    store.set("desk.sound", !this.hasSound);
    if (this.hasSound) this.#play();
    this.#draw();
  }

  async #turnNotices() {
    const why = $("notices-why");
    why.hidden = true;
    if (this.hasNotices) store.set("desk.notices", false);
    else if (!("Notification" in window)) {
      why.textContent = gettext("This browser shows no notices.");
      why.hidden = false;
    } else {
      const answer = await Notification.requestPermission();
      store.set("desk.notices", answer === "granted");
      if (answer !== "granted") {
        why.textContent = gettext("The browser does not allow it; change it in the address bar.");
        why.hidden = false;
      }
    }
    this.#draw();
  }

  #draw() {
    $("sound").setAttribute("aria-checked", String(this.hasSound));
    $("notices").setAttribute("aria-checked", String(this.hasNotices));
  }

  /* Somebody has waited 150 seconds, or 180: heard once each. */
  threshold(id, state) {
    const key = `${id} ${state}`;
    if (!this.hasSound || this.sounded.has(key) || (state !== "urgent" && state !== "breached")) return;
    this.sounded.add(key);
    this.#play();
  }

  said(message, row) {
    this.#show(row?.member?.name ?? gettext("A customer"), inOneLine(message), message.conversation);
  }

  queued(row) {
    this.#show(gettext("Somebody is waiting"), [row.member?.name, row.last_preview].filter(Boolean).join(" "), row.id);
  }

  #show(title, body, id) {
    if (!this.hasNotices || (!document.hidden && document.hasFocus())) return;
    const notice = new Notification(title, { body: body.slice(0, 120), tag: id, icon: "/static/icons/seal.svg" });
    notice.onclick = () => {
      window.focus();
      this.open(id);
      notice.close();
    };
  }

  /* Two soft strokes on a wooden block; made here, so that nothing is fetched. */
  #play() {
    try {
      this.audio ??= new AudioContext();
      const start = this.audio.currentTime;
      for (const [at, pitch] of [[0, 660], [0.14, 880]]) {
        const tone = this.audio.createOscillator();
        const loud = this.audio.createGain();
        tone.frequency.value = pitch;
        loud.gain.setValueAtTime(0.0001, start + at);
        loud.gain.exponentialRampToValueAtTime(0.14, start + at + 0.012);
        loud.gain.exponentialRampToValueAtTime(0.0001, start + at + 0.22);
        tone.connect(loud).connect(this.audio.destination);
        tone.start(start + at);
        tone.stop(start + at + 0.24);
      }
    } catch (error) {
      // A browser may refuse to play; the warning on the screen stays.
      console.info("sound", error.name);
    }
  }
}
