/* What a member can send besides words: a picture, an order, a thing they bought. One question per
   screen: what kind, which one, and is it this one; nothing goes before the last is answered. */

import { get } from "../js/api.js";
import { serverNow } from "../js/clock.js";
import { h, icon } from "../js/dom.js";
import { momentWords } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";
import { cardOf, isOffShelf, messageOf, rowOf, shopOf } from "./cards.js";

/* Open the sheet. ``files`` starts to choose files, null where none can be sent yet; ``send`` gets what
   Talk.say takes; ``reader`` is who will see it; ``products`` tells whether products can be sent. */
export function attach({ files, send, reader, products }) {
  new Attach(files, send, reader, products).open();
}

class Attach {
  constructor(files, send, reader, products) {
    Object.assign(this, { files, send, reader, products, orders: [], next: "" });
    this.dialog = h("dialog", { class: "dialog attach", "aria-labelledby": "attach-title" });
    // A tap beside the sheet leaves everything as it was.
    this.dialog.addEventListener("click", (e) => e.target === this.dialog && this.dialog.close());
  }

  open() {
    const back = document.activeElement;
    this.dialog.addEventListener("close", () => {
      this.asked?.abort();
      this.dialog.remove();
      if (back instanceof HTMLElement && back.isConnected) back.focus();
    });
    document.body.append(this.dialog);
    this.#what();
    this.dialog.showModal();
    this.#toFirst();
  }

  #draw(title, onback, ...children) {
    const before = onback ? h("button", { class: "icon-btn", type: "button", "aria-label": gettext("Back"), onclick: onback }, icon("chevron-left", "icon--large")) : null;
    this.dialog.replaceChildren(h(
      "div", { class: "attach__page" },
      h(
        "header", { class: "attach__head" }, before, h("h2", { id: "attach-title" }, title),
        h("button", { class: "icon-btn push", type: "button", "aria-label": gettext("Close"), onclick: () => this.dialog.close() }, icon("close", "icon--large")),
      ),
      ...children,
    ));
    if (this.dialog.open) this.#toFirst();
  }

  #toFirst() {
    (this.dialog.querySelector("[data-first]") ?? this.dialog.querySelector(".attach__one, .attach__head .icon-btn"))?.focus();
  }

  /* ---- what kind ---- */

  #what() {
    const one = (sign, label, hint, run) => h(
      "li", {}, h(
        "button", { class: "attach__one attach__kind", type: "button", onclick: run },
        h("span", { class: "order__picture" }, icon(sign)), h("span", { class: "grow" }, h("span", { class: "attach__label" }, label), h("span", { class: "attach__hint" }, hint)), icon("chevron-right"),
      ),
    );
    this.#draw(
      gettext("What would you like to send?"), null,
      h("ul", { class: "attach__list" }, [
        this.files ? one("image", gettext("Picture or file"), gettext("From this phone or computer"), () => { this.dialog.close(); this.files(); }) : null,
        one("box", gettext("An order"), gettext("One of your recent orders"), () => this.#which("order")),
        this.products ? one("tag", gettext("A product"), gettext("Something you bought"), () => this.#which("product")) : null,
      ].filter(Boolean)),
    );
  }

  /* ---- which one ---- */

  #which(kind) {
    const list = h("div", { class: "attach__scroll", "aria-busy": "true" }, Array.from({ length: 4 }, () => h("div", { class: "skeleton" }, h("span"), h("span"))));
    this.#draw(kind === "order" ? gettext("Which order?") : gettext("Which product?"), () => this.#what(), list);
    if (this.orders.length) this.#rows(kind, list);
    else this.#fetch(kind, list);
  }

  async #fetch(kind, list) {
    this.asked?.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    try {
      const page = await get(`/api/v1/orders/?cursor=${encodeURIComponent(this.next)}`, { signal });
      this.orders.push(...page.data);
      this.next = page.next_cursor ?? "";
      this.#rows(kind, list);
    } catch (error) {
      if (error.name === "AbortError") return;
      list.removeAttribute("aria-busy");
      list.replaceChildren(h(
        "div", { class: "failed-part" }, h("span", { class: "failed-part__what" }, error.message),
        h("button", { class: "btn", type: "button", onclick: () => this.#fetch(kind, list) }, gettext("Try again")),
      ));
    }
  }

  /* Orders as they are; of products each once, by the newest order of it. */
  #rows(kind, list) {
    const offers = new Map();
    for (const { offer } of this.orders) if (offer && !offers.has(offer.product_no)) offers.set(offer.product_no, offer);
    const rows = kind === "order" ? this.orders : [...offers.values()];
    const known = list.querySelectorAll(".attach__one").length;
    list.removeAttribute("aria-busy");
    if (!rows.length && !this.next) {
      list.replaceChildren(h("p", { class: "attach__none" }, kind === "order" ? gettext("No orders yet") : gettext("None of your orders names a product that is still known.")));
      return;
    }
    list.replaceChildren(
      h("ul", { class: "attach__list" }, rows.map((facts) => h("li", {}, h("button", { class: "attach__one", type: "button", onclick: () => this.#thisOne(kind, facts) }, this.#row(kind, facts))))),
      ...(this.next ? [h("button", { class: "btn btn--block attach__more", type: "button", onclick: () => this.#fetch(kind, list) }, gettext("Earlier orders"))] : []),
    );
    list.querySelectorAll(".attach__one")[known]?.focus();
  }

  #row(kind, facts) {
    return rowOf(kind, facts, kind === "order" ? { below: [shopOf(facts), momentWords(facts.paid_at, serverNow())] } : {});
  }

  /* ---- is it this one ---- */

  #thisOne(kind, facts) {
    this.#draw(
      kind === "order" ? gettext("Send this order?") : gettext("Send this product?"), () => this.#which(kind),
      h(
        "div", { class: "attach__sure" },
        cardOf(kind, facts),
        h("p", { class: "attach__who" }, icon("eye", "icon--small"), interpolate(gettext("%(name)s will see this"), { name: this.reader })),
        kind === "product" && isOffShelf(facts) ? h("p", { class: "attach__who" }, icon("info", "icon--small"), gettext("It is off the shelf; the card says so.")) : null,
        h("button", { class: "btn btn--primary btn--block btn--large", type: "button", dataset: { first: "" }, onclick: () => { this.dialog.close(); this.send(messageOf(kind, facts)); } }, gettext("Send")),
      ),
    );
  }
}
