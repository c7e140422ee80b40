/* What the whole house knows about a word: the search as a provider of the command bar. */

import { get } from "../js/api.js";
import { gettext } from "../js/i18n.js";

const TYPED_MS = 150;
const OF_EACH = 4;

/* Rows for the command bar; ``open`` opens a talk on this desk without leaving it. */
export function found({ open }) {
  return {
    id: "found", title: gettext("Found"), min: 2,
    search: async (query, signal) => {
      await typed(signal);
      const { data } = await get(`/api/v1/search/?limit=${OF_EACH}&q=${encodeURIComponent(query)}`, { signal });
      const rows = data.flatMap((group) => group.data.map((hit) => rowOf(hit, group, open)));
      if (rows.length) rows.push({ group: gettext("More"), label: gettext("Everything that was found, on a page"), icon: "search", href: `/search/?q=${encodeURIComponent(query)}` });
      return rows;
    },
  };
}

function rowOf(hit, group, open) {
  const talk = hit.url.startsWith("/desk/") ? new URL(hit.url, location.href).searchParams.get("c") : null;
  return {
    group: group.label, icon: group.icon, title: hit.title, snippet: hit.snippet, hint: hit.line,
    ...(talk ? { run: () => open(talk) } : { href: hit.url || `/search/?q=${encodeURIComponent(hit.id)}` }),
  };
}

/* Nobody is asked while somebody still types. */
function typed(signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, TYPED_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
