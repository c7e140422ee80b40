/* Which product or order does the customer see? Letters find, arrows choose, the choice is shown as they
   will see it; Enter goes to the button, Enter once more sends. Esc leaves everything as it was. */

import { get } from "../js/api.js";
import { serverNow } from "../js/clock.js";
import { h, icon } from "../js/dom.js";
import { momentWords } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";
import { isComposing } from "../js/keys.js";
import { cardOf, isOffShelf, messageOf, rowOf, shopOf } from "./cards.js";

const PAUSE_MS = 120;
const PRODUCTS = "/api/v1/products/";

/* ``about`` is the talk as the server tells it; ``send`` gets what Talk.say takes; ``words`` are looked
   for at once. */
export function pick({ about, send, kind = "product", words = "", back = document.activeElement }) {
  new Picker(about, send).open(kind, words, back);
}

class Picker {
  constructor(about, send) {
    Object.assign(this, { about, send, parts: [], at: 0, orders: null });
    this.name = about.member?.name || gettext("The customer");
    this.#build();
  }

  #build() {
    this.tabs = new Map(["product", "order"].map((kind) => [kind, h(
      "button", { type: "button", role: "tab", id: `pick-${kind}`, "aria-controls": "pick-list", onclick: () => this.choose(kind) },
      kind === "product" ? gettext("Products") : gettext("Orders"),
    )]));
    const tablist = h("div", { class: "tabs", role: "tablist", "aria-label": gettext("What is shown") }, [...this.tabs.values()]);
    tablist.addEventListener("keydown", (e) => {
      if (e.key !== "ArrowLeft" && e.key !== "ArrowRight") return;
      e.preventDefault();
      this.choose(this.kind === "product" ? "order" : "product", { focus: false });
      this.tabs.get(this.kind).focus();
    });
    this.input = h("input", {
      class: "cmd__input", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: "60", enterkeyhint: "search",
      "aria-controls": "pick-list", "aria-expanded": "true", "aria-autocomplete": "list", oninput: () => this.#look(), onkeydown: (e) => this.#key(e),
    });
    this.list = h("div", { class: "pick__list", id: "pick-list", role: "listbox", tabindex: "-1" });
    this.shown = h("div", { class: "pick__card" });
    this.go = h("button", { class: "btn btn--primary", type: "button", onclick: () => this.#send() }, gettext("Send"), " ", h("kbd", { class: "kbd" }, "↵"));
    this.dialog = h(
      "dialog", { class: "dialog pick", "aria-labelledby": "pick-title" },
      h("h2", { class: "pick__title", id: "pick-title" }, interpolate(gettext("What shall %(name)s see?"), { name: this.name })),
      tablist,
      h("div", { class: "cmd__box pick__find" }, icon("search"), this.input),
      h(
        "div", { class: "pick__body" }, this.list,
        h("div", { class: "pick__shown" }, h("p", { class: "pick__who" }, icon("eye", "icon--small"), interpolate(gettext("%(name)s will see this"), { name: this.name })), this.shown),
      ),
      h(
        "div", { class: "pick__foot" },
        h("span", { class: "pick__keys" }, h("kbd", { class: "kbd" }, "↑"), h("kbd", { class: "kbd" }, "↓"), " ", gettext("choose")),
        h("button", { class: "btn", type: "button", onclick: () => this.dialog.close() }, gettext("Show nothing"), " ", h("kbd", { class: "kbd" }, "Esc")), this.go,
      ),
    );
  }

  open(kind, words, back) {
    this.dialog.addEventListener("close", () => {
      this.asked?.abort();
      clearTimeout(this.timer);
      this.dialog.remove();
      if (back instanceof HTMLElement && back.isConnected) back.focus();
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.choose(kind, { words });
  }

  choose(kind, { focus = true, words = "" } = {}) {
    if (kind !== this.kind) {
      this.kind = kind;
      this.input.value = words;
      for (const [name, tab] of this.tabs) {
        tab.setAttribute("aria-selected", String(name === kind));
        tab.tabIndex = name === kind ? 0 : -1;
      }
      this.input.placeholder = kind === "product" ? gettext("Name or number of a product") : gettext("Product, shop or order no.");
      this.input.setAttribute("aria-label", this.input.placeholder);
      this.list.setAttribute("aria-labelledby", `pick-${kind}`);
      this.parts = [];
      this.list.replaceChildren(...Array.from({ length: 4 }, () => h("div", { class: "skeleton" }, h("span"), h("span"))));
      this.#preview();
      this.#ask();
    }
    if (focus) this.input.focus();
  }

  /* ---- finding ---- */

  #look() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), PAUSE_MS);
  }

  async #ask({ more = "" } = {}) {
    this.asked?.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    const { kind } = this;
    const words = this.input.value.trim();
    try {
      const parts = kind === "product" ? await this.#products(words, signal) : await this.#orders(words, more, signal);
      if (signal.aborted) return;
      this.parts = parts.filter((part) => part.rows.length);
      this.at = more ? Math.min(this.at, this.rows.length - 1) : 0;
      this.#draw(words);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.parts = [];
      this.list.replaceChildren(h(
        "div", { class: "failed-part" }, h("span", { class: "failed-part__what" }, error.message),
        h("button", { class: "btn btn--small", type: "button", onclick: () => this.#ask() }, gettext("Try again")),
      ));
      this.#preview();
    }
  }

  /* The talk's shop first, then everybody else's; without a word the shop's shelf alone. */
  async #products(words, signal) {
    const { shop } = this.about;
    const find = (more) => get(`${PRODUCTS}?${new URLSearchParams({ q: words, ...more })}`, { signal });
    const [own, all] = await Promise.all([shop ? find({ shop: shop.shop_no }) : null, !shop || words ? find({}) : null]);
    // Nobody wants to be shown first what cannot be bought.
    const sorted = (rows) => rows.sort((a, b) => isOffShelf(a) - isOffShelf(b));
    const others = (all?.data ?? []).filter((row) => row.shop_no !== shop?.shop_no);
    this.isCut = Boolean(own?.next_cursor || all?.next_cursor);
    return [
      { head: shop?.name ?? "", rows: sorted(own?.data ?? []) },
      { head: shop ? gettext("Other shops") : "", rows: sorted(others) },
    ];
  }

  async #orders(words, more, signal) {
    const number = this.about.member?.member_no;
    if (!number) return [];
    if (!this.orders || more) {
      const page = await get(`/api/v1/orders/?${new URLSearchParams({ member_no: number, cursor: more })}`, { signal });
      this.orders = { data: [...(this.orders?.data ?? []), ...page.data], next: page.next_cursor };
    }
    const wanted = words.toLowerCase();
    const fits = (row) => [row.product, row.shop, row.order_no].some((text) => text?.toLowerCase().includes(wanted));
    return [{ head: "", rows: this.orders.data.filter(fits) }];
  }

  /* ---- drawing ---- */

  get rows() {
    return this.parts.flatMap((part) => part.rows);
  }

  get chosen() {
    return this.rows[this.at] ?? null;
  }

  #draw(words) {
    let place = 0;
    const nodes = this.parts.flatMap(({ head, rows }) => [
      head ? h("p", { class: "cmd__head", role: "presentation" }, head) : null,
      ...rows.map((facts) => this.#option(facts, place++)),
    ]);
    const { kind, orders } = this;
    if (kind === "order" && orders?.next) {
      nodes.push(h("button", { class: "btn btn--link pick__more", type: "button", onclick: () => this.#ask({ more: orders.next }) }, gettext("Earlier orders")));
    } else if (kind === "product" && this.isCut) {
      nodes.push(h("p", { class: "pick__more ink-3 t-12" }, gettext("There are more; write another word.")));
    }
    if (!place) nodes.unshift(h("p", { class: "cmd__none" }, this.#none(words)));
    this.list.replaceChildren(...nodes.filter(Boolean));
    this.#mark();
  }

  #option(facts, place) {
    // The heading above names the talk's shop already.
    const below = this.kind === "order"
      ? [shopOf(facts), momentWords(facts.paid_at, serverNow())]
      : [facts.shop_no === this.about.shop?.shop_no ? facts.product_no : shopOf(facts)];
    return h(
      "div", {
        class: "pick__one", role: "option", id: `pick-${this.kind}-${place}`,
        onclick: () => { this.at = place; this.#mark(); this.input.focus(); }, ondblclick: () => this.#send(),
      }, rowOf(this.kind, facts, { below }),
    );
  }

  #none(words) {
    if (words) return interpolate(gettext("Nothing for “%(words)s”. Try another word."), { words });
    return this.kind === "product" ? gettext("No shop has put a product here yet.") : gettext("No orders yet");
  }

  #mark() {
    for (const [i, node] of [...this.list.querySelectorAll("[role=option]")].entries()) {
      node.setAttribute("aria-selected", String(i === this.at));
      if (i !== this.at) continue;
      this.input.setAttribute("aria-activedescendant", node.id);
      node.scrollIntoView({ block: "nearest" });
    }
    this.#preview();
  }

  #preview() {
    const { chosen, kind } = this;
    this.go.disabled = !chosen;
    if (!chosen) this.input.removeAttribute("aria-activedescendant");
    this.shown.replaceChildren(...(chosen
      ? [
        cardOf(kind, chosen),
        kind === "product" && isOffShelf(chosen) ? h("p", { class: "pick__warn" }, icon("warning", "icon--small"), gettext("It is off the shelf; the card says so.")) : null,
      ].filter(Boolean)
      : []));
  }

  /* ---- choosing ---- */

  #key(event) {
    if (isComposing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const count = this.rows.length;
    if (step && count) {
      event.preventDefault();
      this.at = (this.at + step + count) % count;
      this.#mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      // What was just typed may still be on its way: nobody sends what they have not seen.
      if (this.chosen) this.go.focus();
    }
  }

  #send() {
    const { chosen, kind } = this;
    if (!chosen) return;
    this.dialog.close();
    this.send(messageOf(kind, chosen));
  }
}
