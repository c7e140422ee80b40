/* The keyboard map. Single letters only while nobody is writing; nothing while an input method is
   composing; people may switch single letters off and give them other keys.

   keys.add({key: "j", label: gettext("Longest waiting"), run, when: () => true, group})
   A key is "j", "shift+j", "mod+k" (⌘ or Ctrl), "mod+enter", "mod+shift+enter", "escape", "arrowdown", "[", "?" */

import { h, isTextField, store } from "./dom.js";
import { tell } from "./dialog.js";
import { gettext } from "./i18n.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const bindings = [];

export function add(binding) {
  const made = { group: gettext("This page"), when: () => true, inText: binding.key.includes("mod+") || binding.key === "escape", ...binding };
  bindings.push(made);
  return () => {
    const at = bindings.indexOf(made);
    if (at >= 0) bindings.splice(at, 1);
  };
}

/* Settings of this person: {off: true} silences single letters, {map: {j: "x"}} moves one. */
export function settings() {
  return { off: false, map: {}, ...store.get("keys", {}) };
}

export function configure(changes) {
  store.set("keys", { ...settings(), ...changes });
}

export function nameOf(event) {
  const key = event.key.toLowerCase();
  let name = "";
  if (isMac ? event.metaKey : event.ctrlKey) name += "mod+";
  if (event.altKey) name += "alt+";
  // Shift is already in the character of a printable key ("?"), and said for the others.
  if (event.shiftKey && (key.length > 1 || /[a-z]/.test(key))) name += "shift+";
  return name + (key === " " ? "space" : key);
}

export function show(key) {
  const mod = isMac ? "⌘" : "Ctrl+";
  const names = { enter: "↵", escape: "Esc", arrowup: "↑", arrowdown: "↓", arrowleft: "←", arrowright: "→", space: "␣" };
  return key.split(/\+(?=.)/).map((p) => (p === "mod" ? mod : p === "shift" ? "⇧" : (names[p] ?? (p.length === 1 ? p.toUpperCase() : p.toUpperCase())))).join("");
}

function isSingle(key) {
  return !key.includes("+") && (key.length === 1);
}

function effective(binding, { map }) {
  return map[binding.key] ?? binding.key;
}

/* An input method is at work: its Enter and letters are not ours. */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}

function onKey(event) {
  if (event.defaultPrevented || isComposing(event)) return;
  const name = nameOf(event);
  const mine = settings();
  const writing = isTextField(event.target);
  // An open dialog or menu has the keys to itself; above all, Esc closes it and nothing below.
  if (document.querySelector("dialog[open]:modal, [popover]:popover-open") && !name.startsWith("mod+")) return;
  // The last one added wins: what is opened later lies on top.
  for (let i = bindings.length - 1; i >= 0; i -= 1) {
    const b = bindings[i];
    if (effective(b, mine) !== name) continue;
    if (writing && !b.inText) continue;
    if (mine.off && isSingle(name) && name !== "?") continue;
    if (event.repeat && !b.repeat) continue;
    if (!b.when(event)) continue;
    event.preventDefault();
    b.run(event);
    return;
  }
}

/* All keys of this page, with the switch for single letters. */
export function help() {
  const mine = settings();
  const groups = Map.groupBy
    ? Map.groupBy(bindings.filter((b) => b.label), (b) => b.group)
    : bindings.filter((b) => b.label).reduce((m, b) => m.set(b.group, [...(m.get(b.group) ?? []), b]), new Map());
  const content = h("div", { class: "stack gap-4" });
  for (const [group, list] of groups) {
    content.append(h(
      "table", { class: "keys" },
      h("caption", { class: "sr-only" }, group),
      h("tbody", {}, list.map((b) => h("tr", {}, h("th", { scope: "row" }, h("kbd", { class: "kbd" }, show(effective(b, mine)))), h("td", {}, b.label)))),
    ));
  }
  const off = h("input", { type: "checkbox", checked: !mine.off, onchange: (e) => configure({ off: !e.target.checked }) });
  content.append(h("label", { class: "check" }, off, h("span", {}, gettext("Single letters work as keys"), h("span", { class: "check__hint" }, gettext("Never while you are writing.")))));
  return tell({ title: gettext("Keys"), content });
}

export function start() {
  document.addEventListener("keydown", onKey);
  add({ key: "?", label: gettext("This table"), run: help });
  document.addEventListener("click", (e) => e.target.closest("[data-keys-help]") && help());
}
