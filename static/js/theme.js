/* 跟随系统 / 浅 / 深: kept per person in this browser and in a cookie, so that the server renders it. */

import { store } from "./dom.js";
import { gettext } from "./i18n.js";

const CHOICES = ["system", "light", "dark"];
const YEAR = 31_536_000;
const system = window.matchMedia("(prefers-color-scheme: dark)");

export function choice() {
  const shown = document.documentElement.dataset.theme;
  return CHOICES.includes(shown) ? shown : "system";
}

/* What is really shown now. */
export function shownTheme() {
  const chosen = choice();
  if (chosen !== "system") return chosen;
  return system.matches ? "dark" : "light";
}

export function choose(theme) {
  if (!CHOICES.includes(theme)) return;
  store.set("theme", theme);
  write(theme);
  apply(theme);
}

export function themeName(theme = choice()) {
  return { system: gettext("Follow system"), light: gettext("Light"), dark: gettext("Dark") }[theme];
}

export function next() {
  choose(CHOICES[(CHOICES.indexOf(choice()) + 1) % CHOICES.length]);
}

function write(theme) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const age = theme === "system" ? 0 : YEAR;
  document.cookie = `theme=${theme}; path=/; max-age=${age}; SameSite=Lax${secure}`;
}

function apply(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  label();
  // Charts and other drawings are rebuilt from the tokens.
  document.dispatchEvent(new CustomEvent("theme:change", { detail: { theme: shownTheme() } }));
}

function label() {
  for (const element of document.querySelectorAll("[data-theme-name]")) element.textContent = themeName();
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice()));
  }
  const bar = document.querySelector("meta[name=theme-color]");
  if (bar) bar.content = getComputedStyle(document.documentElement).getPropertyValue("--surface").trim();
}

export function start() {
  // The person's own choice wins over what somebody else left in the cookie.
  const mine = store.get("theme");
  if (mine && mine !== choice()) choose(mine);
  else label();
  system.addEventListener("change", () => choice() === "system" && apply("system"));
  document.addEventListener("click", (e) => {
    const chooser = e.target.closest("[data-theme-choice]");
    if (chooser) choose(chooser.dataset.themeChoice);
    else if (e.target.closest("[data-theme-next]")) next();
  });
}
