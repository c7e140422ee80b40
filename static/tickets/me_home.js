/* The rows of talks on the member's first page follow what is said meanwhile. */

import { pageLive } from "../js/live.js";
import { inOneLine } from "./talk.js";

const live = pageLive();
const rows = new Map([...document.querySelectorAll("[data-talk][data-live='1']")].map((row) => [row.dataset.talk, row]));

if (live && rows.size) {
  live.addEventListener("message", ({ detail }) => {
    const row = rows.get(detail.conversation);
    if (!row || detail.author.kind === "system") return;
    row.querySelector("[data-last]").textContent = inOneLine(detail);
    if (detail.author.kind === "member") return;
    const unread = row.querySelector("[data-unread]");
    unread.hidden = false;
    unread.textContent = String((parseInt(unread.textContent, 10) || 0) + 1);
  });
  for (const [id, row] of rows) live.subscribe(`conversation:${id}`, { after: Number(row.dataset.lastSeq) });
  live.connect();
}
// Coming back from a talk shows what has become of it.
addEventListener("pageshow", (e) => e.persisted && location.reload());
