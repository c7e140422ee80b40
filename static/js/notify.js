/* Browser notices and one soft sound, both only for those who asked for them. */

import { store } from "./dom.js";

let audio = null;

export function state() {
  if (!("Notification" in window)) return "missing";
  if (Notification.permission === "denied") return "denied";
  return store.get("notify") && Notification.permission === "granted" ? "on" : "off";
}

/* Must be called from a press; resolves to the new state. */
export async function optIn() {
  if (!("Notification" in window)) return "missing";
  const answer = await Notification.requestPermission();
  store.set("notify", answer === "granted");
  return state();
}

export function optOut() {
  store.set("notify", false);
}

/* Tell somebody who is looking elsewhere; notices with one ``tag`` replace each other. */
export function notify(title, { body = "", tag, onclick } = {}) {
  if (state() !== "on" || (!document.hidden && document.hasFocus())) return null;
  const notice = new Notification(title, { body, tag, icon: document.querySelector("link[rel=icon]")?.href });
  notice.onclick = () => {
    window.focus();
    notice.close();
    onclick?.();
  };
  return notice;
}

export function soundOn() {
  return Boolean(store.get("sound"));
}

export function setSound(on) {
  store.set("sound", Boolean(on));
  if (on) chime();
}

/* Silence until a moment, for the rest of a shift. */
export function mute(until) {
  store.set("muted", until);
}

export function isMuted() {
  return Date.now() < (store.get("muted") ?? 0);
}

/* Two struck tones; "urgent" sits a third higher. Browsers allow it only after the first press. */
export function chime(kind = "warn") {
  if (!soundOn() || isMuted()) return;
  audio ??= new AudioContext();
  const base = kind === "urgent" ? 660 : 528;
  [0, 0.16].forEach((after, i) => {
    const at = audio.currentTime + after;
    const tone = audio.createOscillator();
    const loud = audio.createGain();
    tone.frequency.value = base * (i ? 1.5 : 1);
    loud.gain.setValueAtTime(0.0001, at);
    loud.gain.exponentialRampToValueAtTime(0.18, at + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.5);
    tone.connect(loud).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.55);
  });
}
