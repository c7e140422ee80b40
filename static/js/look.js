/* The page of all components: the parts that only move when they are asked. */

import * as commandbar from "./commandbar.js";
import { ask } from "./dialog.js";
import { gettext } from "./i18n.js";
import { toast } from "./toast.js";

for (const swatch of document.querySelectorAll("[data-token]")) {
  swatch.style.setProperty("--shown", `var(--${swatch.dataset.token})`);
}

commandbar.start();
commandbar.register({
  id: "icons",
  title: gettext("Icons"),
  min: 1,
  search: async (query) => [...document.querySelectorAll(".icons li")]
    .map((li) => li.textContent.trim())
    .filter((name) => name.includes(query))
    .slice(0, 8)
    .map((name) => ({ label: name, icon: name, run: () => toast(name) })),
});

document.querySelector("[data-look-dialog]")?.addEventListener("click", async () => {
  const answer = await ask({
    title: gettext("Close 「Lingshang Fresh」 for 21 days?"),
    points: [gettext("143 products go off the shelf tonight at 24:00"), gettext("612 orders on their way are delivered as usual")],
    reason: { label: gettext("Why (the owner will read it)"), hint: gettext("Can be taken back within 24 hours") },
    verb: gettext("Submit for a second person"),
    safe: gettext("Keep open"),
    danger: true,
  });
  toast(answer ? answer.reason : gettext("Nothing changed"));
});

document.querySelector("[data-look-toast]")?.addEventListener("click", () => {
  toast(gettext("Case closed"), { undo: () => toast(gettext("Nothing changed")) });
});
