/* What a shop offers, as a card in a talk. Both sides read it; its buyer takes it or leaves it here.
   The message holds what was offered; how it stands now is asked when the card is first seen. */

import { get, post } from "../js/api.js";
import { h, icon } from "../js/dom.js";
import { momentWords, money } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";

const ICONS = { coupon: "tag", freight: "box", gift: "gift", fast_exchange: "transfer" };

export function gestureCard(message, { side, at }) {
  const { payload, seq } = message;
  const foot = h("div", { class: "card__foot gesture__foot t-13" });
  const node = h(
    "div", { class: "gesture card card--flush", dataset: { seq, gesture: payload.gesture } },
    h(
      "div", { class: "gesture__main" },
      h("span", { class: "gesture__icon" }, icon(ICONS[payload.goodwill] ?? "tag")),
      h("p", { class: "gesture__title" }, titleOf(payload)),
      h("p", { class: "gesture__words" }, payload.words),
      h("p", { class: "gesture__meta meta" }, h("span", {}, payload.shop), h("span", {}, interpolate(gettext("Order %(no)s"), { no: payload.order_no })), at),
    ),
    foot,
  );
  const show = (card) => foot.replaceChildren(...footOf(card, side, answer));
  const answer = async (accept, button) => {
    button.disabled = true;
    try {
      show(await post(`/api/v1/me/goodwill/${payload.gesture}/answer/`, { accept }));
    } catch (error) {
      foot.append(h("p", { class: "gesture__refused", role: "alert" }, icon("warning"), error.message));
      button.disabled = false;
    }
  };
  if (side === "member") {
    foot.append(h("span", { class: "skeleton gesture__wait", "aria-hidden": "true" }));
    get(`/api/v1/me/goodwill/${payload.gesture}/`).then(show, (error) => {
      foot.replaceChildren(h("a", { href: "/me/goodwill/" }, error.message));
    });
  } else {
    foot.append(h("span", { class: "ink-2" }, gettext("The shop's own offer. What the customer may claim stays as it is.")));
  }
  return node;
}

export function titleOf({ goodwill, worth }) {
  return {
    coupon: interpolate(gettext("A coupon of %(money)s"), { money: money(worth) }),
    freight: interpolate(gettext("%(money)s of freight back"), { money: money(worth) }),
    gift: gettext("A small gift with your next parcel"),
    fast_exchange: gettext("A new one is sent before the old one is back"),
  }[goodwill] ?? gettext("An offer of the shop");
}

function footOf(card, side, answer) {
  if (card.state !== "offered") {
    const code = card.coupon_code && card.state === "accepted" ? h("code", { class: "gesture__code" }, card.coupon_code) : null;
    return [h("span", { class: `tag${card.state === "accepted" || card.state === "fulfilled" ? " tag--ok" : ""}` }, card.state_label), code];
  }
  return [
    h("button", { class: "btn btn--primary", type: "button", onclick: (event) => answer(true, event.currentTarget) }, gettext("Take it")),
    h("button", { class: "btn", type: "button", onclick: (event) => answer(false, event.currentTarget) }, gettext("No, thanks")),
    h("span", { class: "gesture__until ink-2" }, interpolate(gettext("open until %(when)s; what you may claim stays as it is"), { when: momentWords(card.holds_until) })),
  ];
}
