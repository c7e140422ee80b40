/* Orders and products shown instead of described. What is sent is a number alone; the facts on the card
   are the server's. ``kind`` is "order" or "product" ("order_card" and "product_card" in messages). */

import { h, icon } from "../js/dom.js";
import { money } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";

/* What Talk.say takes to show one; ``shown`` stays here and is drawn until the server's own facts come. */
export function messageOf(kind, facts) {
  const number = `${kind}_no`;
  return { kind: `${kind}_card`, payload: { [number]: facts[number] }, shown: facts };
}

/* Picture place, title, amount, shop, state: a card's upper part, and a row of a list, which may say
   something else below the title (``below``, a few words each). */
export function rowOf(kind, facts, { below = [shopOf(facts)] } = {}) {
  const isOrder = kind.startsWith("order");
  return h(
    "span", { class: "order" },
    h("span", { class: "order__picture" }, icon(isOrder ? "box" : "tag")),
    h("span", { class: "order__title" }, facts.product || facts.title || facts.order_no || ""),
    h("span", { class: "order__amount" }, money(isOrder ? facts.paid_amount : facts.price)),
    h("span", { class: "order__meta meta" }, below.map((words) => h("span", {}, words))),
    h("span", { class: "order__state" }, isOrder ? facts.status_label ?? orderState(facts.status) : offShelf(facts)),
  );
}

export function cardOf(kind, facts) {
  const about = kind.startsWith("order")
    ? interpolate(gettext("Order %(no)s"), { no: facts.order_no ?? "" })
    : facts.product_no ? interpolate(gettext("Product %(no)s"), { no: facts.product_no }) : "";
  return h(
    "div", { class: "card card--flush order-card", dataset: { card: kind } }, rowOf(kind, facts),
    about ? h("div", { class: "card__foot t-12 ink-3" }, about) : null,
  );
}

export function shopOf(facts) {
  return facts.shop?.name ?? facts.shop ?? "";
}

/* Cards sent before this was said are of products on the shelf. */
export function isOffShelf(facts) {
  return facts.is_on_shelf === false;
}

function offShelf(facts) {
  return isOffShelf(facts) ? h("span", { class: "tag" }, gettext("Off the shelf")) : "";
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
