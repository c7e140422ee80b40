// Shows a rule as merchants will read it while its text and exceptions are typed; nothing is sent.
document.addEventListener("DOMContentLoaded", () => {
  const text = document.querySelector("textarea[data-preview]");
  if (!text) return;
  const exceptions = text.form.elements.exceptions;

  const made = (name, className, words) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (words) element.textContent = words;
    return element;
  };

  const page = made("section", "x-card x-preview");
  page.setAttribute("aria-label", text.dataset.preview);
  page.append(made("h2", "x-head-in", text.dataset.preview));
  const body = made("div");
  page.append(body);
  text.closest(".x-form")?.before(page);

  // What is typed only halfway is no list yet: the page goes on showing the last one that was.
  let spared = [];

  function read() {
    try {
      const given = JSON.parse(exceptions?.value || "[]");
      if (Array.isArray(given)) spared = given.filter((one) => one && typeof one === "object");
    } catch {
      // Not yet JSON.
    }
  }

  function line(one) {
    const listed = (names) => (Array.isArray(names) ? names.join("、") : "");
    const whom = [listed(one.categories), listed(one.regions)].filter(Boolean).join(" ");
    const until = one.until ? `, ${text.dataset.until} ${String(one.until).slice(0, 10)}` : "";
    return `${text.dataset.spared}: ${whom} — ${one.why ?? ""}${until}`;
  }

  function show() {
    read();
    const shown = text.value.split("\n").filter((words) => words.trim());
    body.replaceChildren(
      ...shown.map((words) => made("p", "", words)),
      ...spared.map((one) => made("p", "x-quiet", line(one))),
    );
  }

  text.form.addEventListener("input", show);
  show();
});
