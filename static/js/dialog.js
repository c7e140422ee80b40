/* Ask before what cannot be undone. The title is the question, the body lists what will happen,
   the verb on the button is the act; Esc and the first button are the safe way. */

import { h, icon } from "./dom.js";
import { gettext } from "./i18n.js";

/* Resolves to null (left as it was) or {reason, choice}.
   ``points`` are counted consequences; ``reason`` = {label, hint, required, value, max} asks why;
   ``choices`` = [{value, label, hint}] offers one of several; ``content`` is any element. */
export function ask({ title, text, points = [], content, choices, reason, verb, safe = gettext("Not now"), danger = false, wide = false }) {
  return new Promise((resolve) => {
    const back = document.activeElement;
    const id = `dialog-${Math.random().toString(36).slice(2, 8)}`;
    const box = reason ? reasonField(id, reason) : null;
    const list = choices ? choiceList(id, choices) : null;
    const go = h("button", { class: `btn ${danger ? "btn--danger-fill" : "btn--primary"}`, value: "go" }, verb);
    const form = h(
      "form", { method: "dialog", novalidate: true },
      h("h2", { id: `${id}-title` }, title),
      text ? h("p", { class: "dialog__text" }, text) : null,
      points.length ? h("ul", { class: "dialog__points" }, points.map((p) => h("li", {}, p))) : null,
      content,
      list?.element,
      box?.element,
      h("div", { class: "dialog__acts" }, h("button", { class: "btn", type: "button", onclick: () => dialog.close("") }, safe), go),
    );
    const dialog = h("dialog", { class: `dialog${wide ? " dialog--wide" : ""}`, "aria-labelledby": `${id}-title` }, form);
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      if (box && !box.check()) return;
      if (list && !list.value()) return;
      dialog.close("go");
    });
    dialog.addEventListener("click", (e) => e.target === dialog && outside(dialog, e) && dialog.close(""));
    dialog.addEventListener("close", () => {
      const answer = dialog.returnValue === "go" ? { reason: box?.value() ?? "", choice: list?.value() ?? "" } : null;
      dialog.remove();
      if (back instanceof HTMLElement && back.isConnected) back.focus();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    (box?.input ?? list?.first ?? (danger ? form.querySelector(".dialog__acts .btn") : go)).focus();
  });
}

function outside(dialog, { clientX: x, clientY: y }) {
  const r = dialog.getBoundingClientRect();
  return x < r.left || x > r.right || y < r.top || y > r.bottom;
}

function reasonField(id, { label, hint, required = true, value = "", max = 2000 }) {
  const input = h("textarea", { class: "textarea", id: `${id}-why`, maxlength: String(max), rows: "3", "aria-describedby": hint ? `${id}-hint` : null });
  input.value = value;
  const error = h("p", { class: "field__error", hidden: true }, icon("warning"), h("span", {}, gettext("Write the reason first.")));
  const element = h(
    "div", { class: "field" },
    h("label", { class: "field__label", for: `${id}-why` }, label),
    error, input,
    hint ? h("p", { class: "field__hint", id: `${id}-hint` }, hint) : null,
  );
  return {
    element,
    input,
    value: () => input.value.trim(),
    check() {
      const missing = required && !input.value.trim();
      error.hidden = !missing;
      element.classList.toggle("field--error", missing);
      if (missing) input.focus();
      return !missing;
    },
  };
}

function choiceList(id, choices) {
  const inputs = choices.map(({ value, checked }) => h("input", { type: "radio", name: `${id}-choice`, value, checked: checked ?? false }));
  const element = h(
    "div", { class: "stack", role: "radiogroup" },
    choices.map(({ label, hint }, i) => h("label", { class: "check" }, inputs[i], h("span", {}, label, hint ? h("span", { class: "check__hint" }, hint) : null))),
  );
  return {
    element,
    first: inputs.find((i) => i.checked) ?? inputs[0],
    value() {
      const chosen = inputs.find((i) => i.checked)?.value ?? "";
      if (!chosen) inputs[0]?.focus();
      return chosen;
    },
  };
}

/* Show a dialog that only tells; resolves when it is closed. */
export function tell({ title, content, wide = false }) {
  return new Promise((resolve) => {
    const back = document.activeElement;
    const dialog = h(
      "dialog", { class: `dialog${wide ? " dialog--wide" : ""}`, "aria-label": title },
      h("h2", {}, title), content,
      h("div", { class: "dialog__acts" }, h("button", { class: "btn", type: "button", onclick: () => dialog.close() }, gettext("Close"))),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (back instanceof HTMLElement && back.isConnected) back.focus();
      resolve();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
