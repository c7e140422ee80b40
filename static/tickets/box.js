/* The box people write in: grows with the text, keeps it, takes pasted and dropped files, and never
   sends while an input method is composing. */

import { isComposing } from "../js/keys.js";
import { filesOf } from "./uploads.js";

const MARK = "is-over";

/* ``sends(event)`` says whether this Enter sends; ``onsend`` and ``onfiles`` do it; ``limit`` is in characters. */
export function wire({ field, form, sends, onsend, onfiles, ontyping, onchange }) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || isComposing(event) || event.defaultPrevented) return;
    if (!sends(event)) return;
    event.preventDefault();
    onsend({ andWait: event.shiftKey });
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    onsend({});
  });
  field.addEventListener("input", () => {
    onchange?.();
    if (field.value.trim()) ontyping?.();
  });
  field.addEventListener("paste", (event) => {
    const files = filesOf(event.clipboardData);
    // Copied cells and pages carry a picture beside their text: then the text is meant.
    if (!files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    onfiles(files);
  });
}

/* Let files be dropped on ``area``. */
export function takeDrops(area, onfiles) {
  let depth = 0;
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  area.addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth += 1;
    area.classList.add(MARK);
  });
  area.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  area.addEventListener("dragleave", () => {
    depth = Math.max(depth - 1, 0);
    if (!depth) area.classList.remove(MARK);
  });
  area.addEventListener("drop", (event) => {
    depth = 0;
    area.classList.remove(MARK);
    if (!carries(event)) return;
    event.preventDefault();
    onfiles(filesOf(event.dataTransfer));
  });
}

/* Put ``text`` where the cursor is, as if it had been typed (undo works). */
export function insert(field, text) {
  field.focus();
  if (!document.execCommand?.("insertText", false, text)) field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/* Replace everything in the box. */
export function replace(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
