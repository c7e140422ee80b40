/* Small words for building and finding elements; text never becomes markup. */

const SVG = "http://www.w3.org/2000/svg";

/* h("button", {class: "btn", onclick: f, "aria-label": "…"}, "text", child) */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

export function icon(name, css = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon${css ? ` ${css}` : ""}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${document.querySelector("meta[name=icons]")?.content ?? "/static/icons/sprite.svg"}#${name}`);
  svg.append(use);
  return svg;
}

/* Is this a place where people write? Then single letters are letters. */
export function isTextField(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable) return true;
  if (element instanceof HTMLInputElement) {
    return !["button", "checkbox", "radio", "range", "submit", "reset", "file", "image", "color"].includes(element.type);
  }
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}

/* Read out once: politely, or at once for the thresholds that matter. */
export function announce(text, { atOnce = false } = {}) {
  const region = document.getElementById(atOnce ? "said-at-once" : "said-politely");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 50);
}

/* What was kept before keys had prefixes must be found again: here they are written without. */
export const bare = (text) => text.replace(/\b[a-z]{3}_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})\b/g, "$1-$2-$3-$4-$5");

/* One person's settings in this browser; nothing breaks where storage is forbidden. */
export const store = {
  key(name) {
    return bare(`xiaoer.${document.querySelector("meta[name=me]")?.content ?? "guest"}.${name}`);
  },
  get(name, otherwise = null) {
    try {
      const text = localStorage.getItem(this.key(name));
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return otherwise;
    }
  },
  set(name, value) {
    try {
      if (value === null || value === undefined) localStorage.removeItem(this.key(name));
      else localStorage.setItem(this.key(name), JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  },
};
