/* A grid of plain Unicode emoji beside the box; arrows move, Enter takes, Esc closes. */

import { h } from "../js/dom.js";
import { gettext } from "../js/i18n.js";

const ROWS = [
  "😀😄😁😆😅😂🙂😊", "😇😍😘😋😜🤗🤔🤭", "😐😑😏😒🙄😬😌😴", "😷🤒🤕🥵🥶😵😳😢",
  "😭😤😠😡😱😰🙏👍", "👎👌👏🙌💪🤝✌️👋", "❤️💔✨🌹🎉🎁🍒🍎", "📦🚚🏠💰🧾⏰✅❌",
];
const COLUMNS = 8;

const faces = ROWS.flatMap((row) => [...new Intl.Segmenter("zh", { granularity: "grapheme" }).segment(row)].map((s) => s.segment));

/* Make the picker of ``button``; ``onpick`` gets the character. */
export function emojiPicker(button, onpick) {
  const grid = h("div", { class: "emoji", popover: true, role: "grid", "aria-label": gettext("Emoji") });
  const cells = faces.map((face, i) => h("button", { class: "emoji__one", type: "button", tabindex: i ? "-1" : "0", onclick: () => pick(face) }, face));
  for (let i = 0; i < cells.length; i += COLUMNS) {
    grid.append(h("div", { role: "row", class: "emoji__row" }, cells.slice(i, i + COLUMNS).map((cell) => h("span", { role: "gridcell" }, cell))));
  }
  document.body.append(grid);
  button.setAttribute("aria-haspopup", "grid");
  button.setAttribute("aria-expanded", "false");

  function pick(face) {
    grid.hidePopover();
    onpick(face);
  }

  button.addEventListener("click", () => {
    grid.showPopover();
    const b = button.getBoundingClientRect();
    const g = grid.getBoundingClientRect();
    grid.style.setProperty("top", `${Math.max(b.top - g.height - 8, 8)}px`);
    grid.style.setProperty("left", `${Math.min(Math.max(b.left - 8, 8), innerWidth - g.width - 8)}px`);
    cells[0].focus();
  });
  grid.addEventListener("toggle", (e) => button.setAttribute("aria-expanded", String(e.newState === "open")));
  grid.addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[e.key];
    if (!step) return;
    e.preventDefault();
    e.stopPropagation();
    const here = cells.indexOf(document.activeElement);
    const next = cells[here + step];
    if (!next) return;
    cells[here].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  return () => grid.remove();
}
