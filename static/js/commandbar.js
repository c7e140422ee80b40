/* ⌘K: what can be done with the open case first, then what is found. Providers give the rows:

   register({id, title: gettext("Actions"), min: 0, search: async (query, signal) =>
     [{label, hint, icon, key, run | href}]})

   A row may say which ``group`` it belongs to, and come with its own marks: ``title`` and ``snippet``
   are {text, marks: [[start, end]]}, counted in code points, as the search answers them.

   Two characters suffice for searches (``min``: 2); providers are asked together, each fills its own
   group as it answers, and one that fails says so without harming the others. */

import { h, icon } from "./dom.js";
import { add } from "./keys.js";
import { gettext, interpolate } from "./i18n.js";

const providers = [];
let dialog = null;

export function register(provider) {
  providers.push({ min: 2, ...provider });
  return () => {
    const at = providers.findIndex((p) => p.id === provider.id);
    if (at >= 0) providers.splice(at, 1);
  };
}

export function open(start = "") {
  if (dialog) return;
  const back = document.activeElement;
  const input = h("input", {
    class: "cmd__input", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
    "aria-expanded": "true", "aria-controls": "cmd-list", "aria-label": gettext("Command or search"),
    placeholder: gettext("Do or find; two characters are enough"),
  });
  input.value = start;
  const list = h("div", { class: "cmd__list", id: "cmd-list", role: "listbox", "aria-label": gettext("Results") });
  dialog = h("dialog", { class: "dialog cmd", "aria-label": gettext("Command bar") }, h("div", { class: "cmd__box" }, icon("search"), input), list);
  const view = new Results(list, input, () => dialog?.close());
  input.addEventListener("input", () => view.ask(input.value.trim()));
  dialog.addEventListener("keydown", (e) => view.key(e));
  dialog.addEventListener("click", (e) => e.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    view.stop();
    dialog.remove();
    dialog = null;
    if (back instanceof HTMLElement && back.isConnected) back.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
  view.ask(input.value.trim());
}

class Results {
  constructor(list, input, close) {
    Object.assign(this, { list, input, close, rows: [], at: 0, asked: null, moved: false });
  }

  stop() {
    this.asked?.abort();
  }

  ask(query) {
    this.asked?.abort();
    this.asked = new AbortController();
    this.moved = false;
    const { signal } = this.asked;
    const groups = providers.map(() => ({ rows: [], failed: false }));
    let waiting = 0;
    const draw = () => !signal.aborted && this.draw(groups, query, waiting);
    providers.forEach((provider, i) => {
      if ([...query].length < provider.min) return;
      waiting += 1;
      Promise.resolve()
        .then(() => provider.search(query, signal))
        .then((rows) => { groups[i].rows = rows; }, (error) => {
          if (!signal.aborted) {
            groups[i].failed = true;
            console.warn(`command bar: ${provider.id}`, error);
          }
        })
        .finally(() => { waiting -= 1; draw(); });
    });
    draw();
  }

  draw(groups, query, waiting) {
    // An answer that comes late does not move what was chosen meanwhile.
    const chosen = this.moved ? this.rows[this.at] : null;
    this.rows = [];
    const parts = [];
    groups.forEach(({ rows, failed }, i) => {
      if (!rows.length && !failed) return;
      let head = providers[i].title;
      if (failed || !rows[0].group) parts.push(h("div", { class: "cmd__head" }, head));
      if (failed) parts.push(h("div", { class: "cmd__none" }, gettext("This part could not be fetched.")));
      for (const row of rows) {
        if (row.group && row.group !== head) {
          head = row.group;
          parts.push(h("div", { class: "cmd__head" }, head));
        }
        const n = this.rows.push(row) - 1;
        parts.push(h(
          "div", { class: "cmd__item", role: "option", id: `cmd-${n}`, "aria-selected": "false", onclick: () => this.take(n), onpointermove: () => this.select(n) },
          icon(row.icon ?? "chevron-right"), h("span", { class: row.snippet ? "cmd__two" : "clip" }, row.title ? markedBy(row.title) : marked(row.label, query), row.snippet ? h("span", { class: "cmd__snippet clip" }, markedBy(row.snippet)) : null),
          row.hint ? h("span", { class: "cmd__hint clip" }, row.hint) : null,
          row.key ? h("kbd", { class: "kbd" }, row.key) : null,
        ));
      }
    });
    if (!parts.length && !waiting) {
      parts.push(h("div", { class: "cmd__none" }, query ? interpolate(gettext("Nothing for “%(query)s”. Try another word."), { query }) : gettext("Write what you want to do or find.")));
    }
    if (parts.length) this.list.replaceChildren(...parts);
    this.select(Math.max(0, chosen ? this.rows.indexOf(chosen) : 0));
  }

  select(n) {
    if (!this.rows.length) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    this.at = (n + this.rows.length) % this.rows.length;
    for (const item of this.list.querySelectorAll(".cmd__item")) {
      item.setAttribute("aria-selected", String(item.id === `cmd-${this.at}`));
    }
    this.input.setAttribute("aria-activedescendant", `cmd-${this.at}`);
    document.getElementById(`cmd-${this.at}`)?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.moved = true;
      this.select(this.at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.take(this.at);
    }
  }

  take(n) {
    const row = this.rows[n];
    if (!row) return;
    this.close();
    if (row.href) location.assign(row.href);
    else row.run?.();
  }
}

function marked(label, query) {
  const at = query ? label.toLowerCase().indexOf(query.toLowerCase()) : -1;
  if (at < 0) return [label];
  return [label.slice(0, at), h("b", {}, label.slice(at, at + query.length)), label.slice(at + query.length)];
}

function markedBy({ text, marks }) {
  const letters = [...text];
  const parts = [];
  let at = 0;
  for (const [start, end] of marks) {
    parts.push(letters.slice(at, start).join(""), h("b", {}, letters.slice(start, end).join("")));
    at = end;
  }
  return [...parts, letters.slice(at).join("")];
}

export function start() {
  add({ key: "mod+k", label: gettext("Command bar"), run: () => open() });
  document.addEventListener("click", (e) => e.target.closest("[data-command-bar]") && open());
}
