/* The small parts of a talk: faces, moments, cards, fates, reasons. */

import { serverNow } from "../js/clock.js";
import { h, icon } from "../js/dom.js";
import { initialOf, local, money, timeWords, weekday } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";

const PICTURE_WIDTH = 280;
const PICTURE_HEIGHT = 260;

export function avatar(name, kind, css = "") {
  return h("span", { class: `avatar avatar--${kind} ${css}`, "aria-hidden": "true" }, kind === "bot" ? icon("bot") : initialOf(name));
}

export function moment(at) {
  return h("time", { datetime: at, title: fullMoment(at) }, timeWords(at));
}

function fullMoment(at) {
  const { year, month, day, hour, minute } = local(new Date(at));
  return `${year}-${month}-${day} ${hour}:${minute}`;
}

/* An order or product as a card: picture place, title, shop, state, amount. */
export function orderCard(card, { act } = {}) {
  return h(
    "div", { class: "card card--flush order-card" },
    h(
      "div", { class: "order" },
      h("span", { class: "order__picture" }, icon("box")),
      h("span", { class: "order__title strong" }, card.product || card.title || card.order_no || ""),
      h("span", { class: "order__amount" }, money(card.paid_amount ?? card.price)),
      h("span", { class: "order__meta" }, card.shop?.name ?? card.shop ?? ""),
      h("span", { class: "order__state" }, card.status_label ?? orderState(card.status)),
    ),
    card.order_no || act ? h("div", { class: "card__foot" }, h("span", { class: "t-12 ink-3 grow" }, card.order_no ?? ""), act ?? null) : null,
  );
}

/* The size a picture is shown at, so that nothing jumps when it arrives. */
export function fitted({ width, height }) {
  if (!width || !height) return {};
  const scale = Math.min(PICTURE_WIDTH / width, PICTURE_HEIGHT / height, 1);
  return { width: Math.max(Math.round(width * scale), 1), height: Math.max(Math.round(height * scale), 1) };
}

function orderState(code) {
  return {
    paid: gettext("Paid, to be shipped"),
    shipped: gettext("On its way"),
    signed: gettext("Received"),
    finished: gettext("Finished"),
    closed: gettext("Closed"),
  }[code] ?? "";
}

export function fate(state) {
  const [name, words] = {
    sending: ["clock", gettext("Sending")],
    held: ["eye", gettext("Held")],
    stored: ["check", gettext("Sent")],
    read: ["double-check", gettext("Read")],
  }[state];
  const shown = state === "read" || state === "held";
  return h("span", { class: "bubble__fate", dataset: { fate: state } }, icon(name), h("span", { class: shown ? "" : "sr-only" }, words));
}

/* Why a message was not taken, as a sentence. */
export function why({ code, message }) {
  return {
    closed: gettext("Not sent: this talk is closed."),
    not_owner: gettext("Not sent: somebody else answers here now."),
    not_found: gettext("Not sent: this talk is no longer yours."),
    too_large: gettext("Not sent: too long. Send it in parts."),
    bad_text: gettext("Not sent: it holds characters that cannot be stored."),
  }[code] ?? (message ? interpolate(gettext("Not sent: %(why)s"), { why: message }) : gettext("Not sent."));
}

export function dayOf(at) {
  const { year, month, day } = local(new Date(at));
  return `${year}-${month}-${day}`;
}

export function dayWords(at) {
  const today = dayOf(serverNow());
  if (dayOf(at) === today) return gettext("Today");
  if (dayOf(at) === dayOf(serverNow() - 86_400_000)) return gettext("Yesterday");
  const date = new Date(at);
  const { year, month, day } = local(date);
  const short = year === local(new Date(serverNow())).year ? `${month}-${day}` : `${year}-${month}-${day}`;
  return `${short} ${weekday(date)}`;
}

