/* What somebody writes survives a reload, a lost line and a colleague.

   const draft = bind(textarea, "reply:" + conversationId, {onsaved: (at) => …});
   draft.clear() after sending; draft.move("reply:" + other) when the box changes its subject. */

import { store } from "./dom.js";

const SAVE_AFTER_MS = 300;
const KEEP_MS = 30 * 86_400_000;

export function read(key) {
  const saved = store.get(`draft.${key}`);
  if (!saved || Date.now() - saved.at > KEEP_MS) return "";
  return saved.text;
}

export function write(key, text) {
  return store.set(`draft.${key}`, text ? { text, at: Date.now() } : null);
}

export function bind(field, key, { onsaved } = {}) {
  let current = key;
  let timer = null;
  const save = () => {
    clearTimeout(timer);
    timer = null;
    if (write(current, field.value) && field.value) onsaved?.(new Date());
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER_MS);
  };
  const now = () => timer !== null && save();
  const restore = () => {
    const text = read(current);
    if (text && !field.value) {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    return text;
  };
  field.addEventListener("input", soon);
  field.addEventListener("blur", now);
  addEventListener("pagehide", now);
  restore();
  return {
    clear() {
      clearTimeout(timer);
      timer = null;
      write(current, "");
    },
    /* Leave the text with its old subject and bring the new subject's own. */
    move(other) {
      now();
      current = other;
      field.value = read(other);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
    stop() {
      now();
      field.removeEventListener("input", soon);
      field.removeEventListener("blur", now);
      removeEventListener("pagehide", now);
    },
  };
}
