/* The desk's questions: to whom it goes on, how it ended, what the radio should hear. */

import { post } from "../js/api.js";
import { h, icon } from "../js/dom.js";
import { initialOf, timeWords } from "../js/format.js";
import { gettext, interpolate, ngettext } from "../js/i18n.js";

/* Show ``title`` with the fields ``parts`` and one act; ``run`` gives the answer or throws what is said
   in the dialog, which then keeps every character. Resolves to run's answer, or null. */
export function form({ title, text, parts, verb, safe, run, wide = false, first }) {
  return new Promise((resolve) => {
    const back = document.activeElement;
    let answer = null;
    const error = h("div", { class: "error-summary", role: "alert", tabindex: "-1", hidden: true });
    const go = h("button", { class: "btn btn--primary" }, verb);
    const body = h(
      "form", { novalidate: true, "data-many": true, class: "stack gap-4" },
      h("h2", { id: "ask-title" }, title), text ? h("p", { class: "ink-2" }, text) : null, error, ...parts,
      h("div", { class: "dialog__acts" }, h("button", { class: "btn", type: "button", onclick: () => dialog.close() }, safe ?? gettext("Not now")), go),
    );
    const dialog = h("dialog", { class: `dialog${wide ? " dialog--wide" : ""}`, "aria-labelledby": "ask-title" }, body);
    body.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (go.getAttribute("aria-busy")) return;
      error.hidden = true;
      go.setAttribute("aria-busy", "true");
      try {
        answer = await run();
        dialog.close();
      } catch (refused) {
        error.textContent = refused.message;
        error.hidden = false;
        error.focus();
      } finally {
        go.removeAttribute("aria-busy");
      }
    });
    dialog.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) body.requestSubmit();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (back instanceof HTMLElement && back.isConnected) back.focus();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    (first ?? body.querySelector("input, select, textarea"))?.focus();
  });
}

export function field(id, label, input, hint) {
  input.id = id;
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  return h("div", { class: "field" }, h("label", { class: "field__label", for: id }, label), input, hint ? h("p", { class: "field__hint", id: `${id}-hint` }, hint) : null);
}

export function radios(name, rows) {
  return h("div", { class: "choice", role: "radiogroup" }, rows.map(({ value, label, hint, face }) => h(
    "label", { class: "choice__one" }, h("input", { type: "radio", name, value }), face ?? null, h("span", { class: "grow" }, label), hint ? h("span", { class: "ink-3 t-12" }, hint) : null,
  )));
}

export const chosen = (root, name) => root.querySelector(`input[name="${name}"]:checked`)?.value ?? "";

export class Missing extends Error {}

/* Give what a member is promised, once, for this talk or the thing named; the reason is read by colleagues. */
export function giveRight({ memberNo, right, subject }) {
  const key = crypto.randomUUID();
  const what = h("input", { class: "input", maxlength: "80", value: subject, required: true });
  const reason = h("textarea", { class: "input", rows: "2", maxlength: "500", required: true });
  return form({
    title: interpolate(gettext("Give %(name)s?"), { name: right.name }),
    text: right.promise,
    parts: [
      field("give-what", gettext("For what"), what, gettext("An order no., or this talk. The same thing is served once.")),
      field("give-why", gettext("Reason"), reason, gettext("Goes into the history; colleagues and auditors read it.")),
    ],
    verb: gettext("Give"),
    first: reason,
    async run() {
      if (!what.value.trim() || !reason.value.trim()) throw new Missing(gettext("Write for what and why."));
      return post(`/api/v1/members/${encodeURIComponent(memberNo)}/redemptions/`, { code: right.code, subject_key: what.value.trim(), reason: reason.value.trim() }, { idempotencyKey: key });
    },
  });
}

/* Hand the talk to a colleague or a team; the note is what they read first. */
export function transfer({ about, desk, address }) {
  const people = new Map();
  for (const team of desk.teams) for (const person of team.people) if (person.id !== desk.me.id) people.set(person.id, person);
  const teams = [...desk.teams, ...(desk.other_teams ?? [])];
  const to = radios("to", [
    ...[...people.values()].map((p) => ({
      value: `person:${p.id}`, label: p.name, hint: `${presenceWords(p.presence)} ${p.load}/${p.capacity}`,
      face: h("span", { class: "avatar avatar--agent avatar--small", "aria-hidden": "true" }, initialOf(p.name)),
    })),
    ...teams.map((t) => ({
      value: `team:${t.code}`, label: t.name, hint: gettext("into the queue"),
      face: h("span", { class: "avatar avatar--small", "aria-hidden": "true" }, icon("people", "icon--small")),
    })),
  ]);
  const note = h("textarea", { class: "textarea", rows: "3", maxlength: "2000" });
  return form({
    title: interpolate(gettext("Hand the talk with %(name)s on to whom?"), { name: about.member?.name ?? "" }),
    parts: [
      h("fieldset", { class: "field" }, h("legend", { class: "field__label" }, gettext("To")), to),
      field("ask-note", gettext("Note"), note, gettext("Whoever takes over reads it first; the customer never does.")),
    ],
    verb: gettext("Transfer"), safe: gettext("Keep it"),
    async run() {
      const [kind, value] = split(chosen(to, "to"));
      if (!kind) throw new Missing(gettext("Choose to whom it goes."));
      if (!note.value.trim()) throw new Missing(gettext("Write one sentence for whoever takes over."));
      await post(`${address}transfers/`, { [kind]: value, note: note.value.trim() });
      return { to: kind === "person" ? people.get(value).name : teams.find((t) => t.code === value).name };
    },
  });
}

function split(text) {
  const at = text.indexOf(":");
  return at < 0 ? ["", ""] : [text.slice(0, at), text.slice(at + 1)];
}

export function presenceWords(presence) {
  return {
    online: gettext("taking chats"),
    break: gettext("on a break"),
    training: gettext("in training"),
    meeting: gettext("in a meeting"),
    lunch: gettext("at lunch"),
    wrap_up: gettext("wrapping up"),
    away: gettext("away"),
    offline: gettext("offline"),
  }[presence] ?? presence;
}

/* Settle the talk: how it ended, and a note for those who meet this customer next. */
export function settle({ about, desk, address }) {
  const outcome = radios("outcome", desk.dispositions.map((d) => ({ value: d.code, label: d.name })));
  const note = h("textarea", { class: "textarea", rows: "2", maxlength: "2000" });
  return form({
    title: interpolate(gettext("Settle the talk with %(name)s?"), { name: about.member?.name ?? "" }),
    text: gettext("If the customer writes again within seven days, it opens again by itself."),
    parts: [
      h("fieldset", { class: "field" }, h("legend", { class: "field__label" }, gettext("What came of it")), outcome),
      field("ask-note", gettext("Note (may stay empty)"), note, gettext("Staff alone read it.")),
    ],
    verb: gettext("Settle"), safe: gettext("Keep open"),
    async run() {
      const disposition = chosen(outcome, "outcome");
      if (!disposition) throw new Missing(gettext("Choose what came of it."));
      await post(`${address}resolution/`, { disposition, note: note.value.trim() });
      return { disposition };
    },
  });
}

/* Push to the radio: the customer's own lines, and why the business should hear them. */
export function pushToRadio({ about, talk }) {
  const lines = talk.seqs.map((seq) => talk.messages.get(seq)).filter((m) => m.author.kind === "member" && m.kind === "text" && !m.recalled);
  const newest = new Set(lines.slice(-1).map((m) => m.seq));
  const quotes = h("div", { class: "choice choice--lines" }, lines.map((m) => h(
    "label", { class: "choice__one" }, h("input", { type: "checkbox", name: "quote", value: m.seq, checked: newest.has(m.seq) }),
    h("span", { class: "grow" }, m.body), h("span", { class: "ink-3 t-12 nowrap" }, timeWords(m.at)),
  )));
  const reason = h("textarea", { class: "textarea", rows: "3", maxlength: "1000" });
  const headline = h("input", { class: "input", maxlength: "16", autocomplete: "off" });
  return form({
    title: gettext("Push this case to the radio?"),
    text: gettext("The kitchen screens it; if it is selected, the business team reads it at nine. Names, phones and order numbers are blacked out by themselves."),
    wide: true,
    first: reason,
    parts: [
      field("ask-why", gettext("Why should the business hear it?"), reason, gettext("The screeners and the editors read it.")),
      lines.length
        ? h("fieldset", { class: "field" }, h("legend", { class: "field__label" }, gettext("The customer's own lines")), quotes)
        : h("p", { class: "ink-2" }, gettext("The customer has not written a line that could be quoted.")),
      field("ask-headline", gettext("Headline (may stay empty)"), headline, gettext("At most 16 characters")),
    ],
    verb: gettext("Push"),
    async run() {
      if (!reason.value.trim()) throw new Missing(gettext("Write why the business should hear it."));
      const picked = [...quotes.querySelectorAll("input:checked")].map((i) => Number(i.value));
      if (lines.length && !picked.length) throw new Missing(gettext("Choose at least one line."));
      const made = await post("/api/v1/cases/", {
        conversation: about.id, reason: reason.value.trim(), quotes: picked, ...(headline.value.trim() ? { headline: headline.value.trim() } : {}),
      });
      return { ...made, quoted: picked.length, words: interpolate(ngettext("%(n)s line quoted", "%(n)s lines quoted", picked.length), { n: picked.length }) };
    },
  });
}

/* Answer in place of somebody else: they are told. */
export function takeOver({ about, address }) {
  const reason = h("input", { class: "input", maxlength: "200", autocomplete: "off" });
  return form({
    title: interpolate(gettext("Answer in place of %(name)s?"), { name: about.owner?.name ?? "" }),
    text: interpolate(gettext("%(name)s is told and can no longer reply here; their draft stays with them."), { name: about.owner?.name ?? "" }),
    parts: [field("ask-why", gettext("Reason (may stay empty)"), reason, gettext("Kept in the history of the talk."))],
    verb: gettext("I answer"),
    async run() {
      return post(`${address}takeover/`, { reason: reason.value.trim() });
    },
  });
}

/* Look at one field of the customer: what for (the customer reads it) and why (colleagues do). */
export function revealField({ memberNo, field: name, label }) {
  const purposes = radios("purpose", [
    { value: "call_back", label: gettext("To call them back") },
    { value: "delivery", label: gettext("To check a delivery") },
    { value: "identity", label: gettext("To make sure it is them") },
    { value: "dispute", label: gettext("To settle a dispute") },
    { value: "other", label: gettext("To deal with their request") },
  ]);
  const reason = h("textarea", { class: "textarea", rows: "2", maxlength: "500" });
  return form({
    title: interpolate(gettext("Look at the %(what)s?"), { what: label }),
    text: gettext("It is shown for a minute. The customer sees that somebody looked, and what for."),
    parts: [
      h("fieldset", { class: "field" }, h("legend", { class: "field__label" }, gettext("What for")), purposes),
      field("ask-reveal", gettext("Reason"), reason, gettext("Goes into the access log; auditors read it.")),
    ],
    verb: gettext("Look"),
    async run() {
      const purpose = chosen(purposes, "purpose");
      if (!purpose) throw new Missing(gettext("Choose what for."));
      if (!reason.value.trim()) throw new Missing(gettext("Write the reason first."));
      return post(`/api/v1/members/${encodeURIComponent(memberNo)}/reveals/`, { field: name, purpose, reason: reason.value.trim() });
    },
  });
}
