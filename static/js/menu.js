/* Menus and popovers on the platform's own popover: <button data-menu="id"> opens <div id popover>.
   Arrows move, Home and End jump, a letter finds, Esc closes and gives the focus back. */

const GAP = 6;

function place(menu, button) {
  const b = button.getBoundingClientRect();
  const m = menu.getBoundingClientRect();
  const below = b.bottom + GAP + m.height <= innerHeight || b.top < m.height + GAP;
  const top = below ? b.bottom + GAP : b.top - GAP - m.height;
  const toEnd = b.left + m.width > innerWidth - GAP;
  const left = toEnd ? Math.max(b.right - m.width, GAP) : b.left;
  menu.style.setProperty("top", `${Math.max(top, GAP)}px`);
  menu.style.setProperty("left", `${left}px`);
}

function items(menu) {
  return [...menu.querySelectorAll('[role^="menuitem"]:not([aria-disabled="true"])')];
}

export function openMenu(menu, button, { focus = true } = {}) {
  if (menu.matches(":popover-open")) {
    menu.hidePopover();
    return;
  }
  menu.dataset.opener = "1";
  menu.showPopover();
  place(menu, button);
  button.setAttribute("aria-expanded", "true");
  menu.addEventListener("toggle", (e) => {
    if (e.newState !== "closed") return;
    button.setAttribute("aria-expanded", "false");
    if (menu.contains(document.activeElement) || document.activeElement === document.body) button.focus();
  }, { once: true });
  if (focus) items(menu)[0]?.focus();
}

function onKey(e) {
  const menu = e.target.closest?.(".menu");
  if (!menu) return;
  const all = items(menu);
  const here = all.indexOf(document.activeElement);
  const to = {
    ArrowDown: (here + 1) % all.length,
    ArrowUp: (here - 1 + all.length) % all.length,
    Home: 0,
    End: all.length - 1,
  }[e.key];
  if (to !== undefined) {
    e.preventDefault();
    all[to]?.focus();
  } else if (e.key === "Tab") {
    menu.hidePopover?.();
  } else if (e.key.length === 1 && !e.ctrlKey && !e.metaKey && !e.altKey) {
    const found = [...all.slice(here + 1), ...all].find((i) => i.textContent.trim().toLowerCase().startsWith(e.key.toLowerCase()));
    if (found) {
      e.preventDefault();
      e.stopPropagation();
      found.focus();
    }
  }
}

export function start() {
  document.addEventListener("click", (e) => {
    const button = e.target.closest("[data-menu]");
    if (button) {
      const menu = document.getElementById(button.dataset.menu);
      if (menu) openMenu(menu, button);
      return;
    }
    const item = e.target.closest('.menu [role^="menuitem"]');
    if (item && !item.hasAttribute("data-keep-open")) item.closest("[popover]")?.hidePopover?.();
  });
  // A press on the button while its menu is open would close it (light dismiss) and open it again.
  document.addEventListener("pointerdown", (e) => {
    const button = e.target.closest("[data-menu]");
    const menu = button && document.getElementById(button.dataset.menu);
    if (menu?.matches(":popover-open")) {
      button.addEventListener("click", (c) => { c.stopPropagation(); c.preventDefault(); }, { once: true, capture: true });
    }
  }, true);
  document.addEventListener("keydown", onKey);
}
