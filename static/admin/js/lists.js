// Lists: the figures beside the filters, asked for when the panel is seen; one open drop at a time.
const head = document.querySelector("[data-counts]");
const panel = document.getElementById("changelist-filter");
let asked = null;

function ask() {
  asked ??= fetch(head.dataset.counts + location.search, { headers: { Accept: "application/json" } })
    .then((reply) => (reply.ok ? reply.json() : null))
    .catch(() => null);
  return asked;
}

async function fill() {
  const answer = await ask();
  if (!answer) return;
  for (const filter of panel.querySelectorAll("[data-filter]")) {
    const figures = answer.filters[filter.dataset.filter] ?? [];
    const slots = filter.querySelectorAll("[data-count]");
    if (slots.length !== figures.length) continue;
    slots.forEach((slot, place) => {
      slot.textContent = figures[place];
      slot.closest("a").classList.toggle("is-none", figures[place] === "0");
    });
  }
  if (answer.note) {
    const note = document.createElement("p");
    note.className = "x-quiet x-filter-note";
    note.textContent = answer.note;
    [...panel.querySelectorAll("[data-filter]")].at(-1)?.after(note);
  }
}

// "All that match" says how many they are as soon as somebody thinks of choosing them.
async function name() {
  const answer = await ask();
  if (!answer?.total) return;
  for (const slot of document.querySelectorAll("[data-all]")) slot.textContent = slot.dataset.all.replace("{n}", answer.total);
}

if (head && panel) {
  new IntersectionObserver((seen, watcher) => {
    if (!seen.some((it) => it.isIntersecting)) return;
    watcher.disconnect();
    fill();
  }).observe(panel);
}
if (head) document.getElementById("action-toggle")?.addEventListener("change", name);

const drops = [...document.querySelectorAll("details.x-drop")];
for (const drop of drops) {
  drop.addEventListener("toggle", () => {
    if (!drop.open) return;
    for (const other of drops) if (other !== drop) other.open = false;
    drop.querySelector("input:not([type=hidden])")?.focus();
  });
  drop.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    drop.open = false;
    drop.querySelector("summary").focus();
  });
}
document.addEventListener("click", (event) => {
  for (const drop of drops) if (drop.open && !drop.contains(event.target)) drop.open = false;
});
