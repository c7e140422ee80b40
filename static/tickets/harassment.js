/* Harassment at the desk: marked by who has the talk, judged by a second person. */

import { post } from "../js/api.js";
import { serverNow } from "../js/clock.js";
import { h } from "../js/dom.js";
import { momentWords, timeWords } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";
import { chosen, field, form, Missing, radios } from "./dialogs.js";

/* Tell whether the member's contact is limited at the moment. */
export function isLimited(row) {
  return Boolean(row?.limited_until) && Date.parse(row.limited_until) > serverNow();
}

/* What colleagues see of it, in the list and beside the talk. */
export function limitedTag(row) {
  if (!isLimited(row)) return null;
  return h("span", { class: "tag tag--warn", title: interpolate(gettext("until %(time)s"), { time: momentWords(row.limited_until, serverNow()) }) }, gettext("Marked, in writing"));
}

/* Mark it: how bad, what happened, in which lines; each grade says what follows. */
export function mark({ about, talk, address }) {
  const lines = talk.seqs.map((seq) => talk.messages.get(seq)).filter((m) => m.author.kind === "member" && !m.recalled);
  const newest = lines.at(-1)?.seq;
  const grade = radios("grade", [
    { value: "0", label: gettext("H0 angry"), hint: gettext("a note: calm down, solve it") },
    { value: "1", label: gettext("H1 insults"), hint: gettext("a first warning goes to the customer") },
    { value: "2", label: gettext("H2 again"), hint: gettext("a second warning; the lead is told") },
    { value: "3", label: gettext("H3 threats, sexual talk, or again"), hint: gettext("a second person confirms, then contact ends") },
  ]);
  const ground = radios("ground", [
    { value: "angry", label: gettext("Angry words") },
    { value: "insult", label: gettext("Insults") },
    { value: "threat", label: gettext("Threats") },
    { value: "sexual", label: gettext("Sexual talk") },
  ]);
  const quotes = h("div", { class: "choice choice--lines" }, lines.map((m) => h(
    "label", { class: "choice__one" }, h("input", { type: "checkbox", name: "quote", value: m.seq, checked: m.seq === newest }),
    h("span", { class: "grow" }, m.body), h("span", { class: "ink-3 t-12 nowrap" }, timeWords(m.at)),
  )));
  const reason = h("textarea", { class: "textarea", rows: "2", maxlength: "2000" });
  return form({
    title: interpolate(gettext("Mark harassment by %(name)s?"), { name: about.member?.name ?? "" }),
    wide: true,
    parts: [
      h("fieldset", { class: "field" }, h("legend", { class: "field__label" }, gettext("Grade")), grade),
      h("fieldset", { class: "field" }, h("legend", { class: "field__label" }, gettext("What happened")), ground),
      h("fieldset", { class: "field" }, h("legend", { class: "field__label" }, gettext("In which lines")), quotes),
      field("ask-why", gettext("Reason"), reason, gettext("Who confirms it reads it.")),
    ],
    verb: gettext("Mark"),
    async run() {
      if (!chosen(grade, "grade") || !chosen(ground, "ground")) throw new Missing(gettext("Choose the grade and what happened."));
      if (!reason.value.trim()) throw new Missing(gettext("Write the reason first."));
      return post(`${address}harassment/`, {
        grade: Number(chosen(grade, "grade")), ground: chosen(ground, "ground"), reason: reason.value.trim(),
        quotes: [...quotes.querySelectorAll("input:checked")].map((i) => Number(i.value)),
      });
    },
  });
}

/* Judge what a colleague has marked. */
export function judge(one) {
  const verdict = radios("verdict", [
    { value: "request", label: gettext("Confirm, with a real request in it"), hint: gettext("goes on in writing") },
    { value: "none", label: gettext("Confirm, without a real request"), hint: gettext("the talk ends") },
    { value: "dismiss", label: gettext("Dismiss"), hint: gettext("nothing follows") },
  ]);
  const reason = h("textarea", { class: "textarea", rows: "2", maxlength: "2000" });
  return form({
    title: interpolate(gettext("%(name)s has marked harassment. Confirm it?"), { name: one.marked_by.name }),
    text: one.reason,
    parts: [
      h("ul", { class: "panel__list" }, one.quotes.map((q) => h("li", { class: "t-13" }, q))),
      h("fieldset", { class: "field" }, h("legend", { class: "field__label" }, gettext("Verdict")), verdict),
      field("ask-why", gettext("Reason"), reason, gettext("Kept in the history of the case.")),
    ],
    verb: gettext("Decide"),
    async run() {
      const said = chosen(verdict, "verdict");
      if (!said) throw new Missing(gettext("Choose a verdict."));
      if (!reason.value.trim()) throw new Missing(gettext("Write the reason first."));
      const address = `/api/v1/harassment-cases/${one.id}/`;
      if (said === "dismiss") return post(`${address}dismissal/`, { reason: reason.value.trim() });
      return post(`${address}confirmation/`, { reason: reason.value.trim(), has_request: said === "request" });
    },
  });
}
