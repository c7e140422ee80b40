/* Who this is: name and tier with why, what the radio made of the talk, orders, earlier talks. A part that fails says so; the talk goes on. */

import { get } from "../js/api.js";
import { serverNow } from "../js/clock.js";
import { h, icon, store } from "../js/dom.js";
import { local, momentWords, money } from "../js/format.js";
import { gettext, interpolate, ngettext } from "../js/i18n.js";
import { toast } from "../js/toast.js";
import { giveRight, revealField } from "./dialogs.js";
import { judge, limitedTag } from "./harassment.js";
import { failed, pill } from "./queue.js";
import { WholeStanding } from "./standing.js";
import { avatar } from "./timeline.js";

const SKELETON_ROWS = 5;

/* Who looks after a member of APASS, in a line or two; nothing for everybody else. */
function careOf(apass) {
  if (!apass) return [];
  const { manager } = apass;
  if (!manager) return [gettext("APASS: nobody is named for them yet")];
  const named = interpolate(gettext("APASS: looked after by %(manager)s, deputy %(deputy)s"), manager);
  const away = manager.on_duty && manager.on_duty !== manager.name;
  return away ? [named, interpolate(gettext("%(manager)s is away: %(on_duty)s takes them"), manager)] : [named];
}

export class Panel {
  constructor({ body, open, sendOrder, hasRadio }) {
    Object.assign(this, { body, open, sendOrder, hasRadio, cases: [], standing: new WholeStanding(failed) });
    this.folded = new Set(store.get("desk.folded", []));
  }

  clear() {
    this.asked?.abort();
    this.about = null;
    this.shown = null;
    this.id = null;
    this.cases = [];
    this.body.replaceChildren();
  }

  async show(id, { mayWrite }) {
    this.asked?.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    this.mayWrite = mayWrite;
    if (this.id !== id) this.standing.forget();
    if (this.id !== id) this.body.replaceChildren(...Array.from({ length: SKELETON_ROWS }, () => h("div", { class: "skeleton" }, h("span"), h("span"), h("span"))));
    this.id = id;
    this.readCases();
    try {
      this.about = await get(`/api/v1/conversations/${id}/panel/`, { signal });
    } catch (error) {
      if (error.name === "AbortError") return;
      this.body.replaceChildren(failed(error.message, () => this.show(id, { mayWrite })));
      return;
    }
    this.draw();
  }

  /* What the radio made of this talk; without an answer the part is simply not there yet. */
  async readCases() {
    if (!this.hasRadio || !this.id) return;
    const { id } = this;
    try {
      const answer = await get(`/api/v1/cases/?conversation=${id}`);
      if (this.id !== id) return;
      this.cases = answer.data;
      this.casesFailed = "";
    } catch (error) {
      this.casesFailed = error.message;
    }
    if (this.about) this.draw();
  }

  may(mayWrite) {
    if (this.mayWrite === mayWrite) return;
    this.mayWrite = mayWrite;
    if (this.about) this.draw();
  }

  draw() {
    const { member, offers, orders, past } = this.about;
    if (!member) {
      this.body.replaceChildren(h("section", { class: "section" }, h("p", { class: "ink-2" }, gettext("Not signed in: nothing is known about this customer."))));
      return;
    }
    this.body.replaceChildren(
      this.#who(member),
      ...this.#harassment(),
      ...this.#offers(offers),
      ...this.#radio(),
      this.#part("orders", gettext("Orders"), orders.length, orders.map((order) => this.#order(order)), gettext("No orders yet")),
      this.#part("past", past.length ? interpolate(ngettext("%(n)s earlier talk", "%(n)s earlier talks", past.length), { n: past.length }) : gettext("Earlier talks"), past.length, past.map((talk) => this.#past(talk)), gettext("The first time this customer writes")),
    );
  }

  #who(member) {
    const facts = [since(member.registered_at), member.region].filter(Boolean);
    return h(
      "section", { class: "section panel__who" },
      h(
        "div", { class: "row gap-3" }, avatar(member.name, "member", "avatar--large"),
        h("div", { class: "grow" }, h("div", { class: "row" }, h("h2", { class: "clip" }, member.name), pill(member)), h("p", { class: "meta t-13" }, facts.map((f) => h("span", {}, f)))),
      ),
      member.can_reveal ? h("ul", { class: "panel__facts" }, this.#secret(member, "phone", gettext("Phone")), this.#secret(member, "name", gettext("Name"))) : null,
      h("p", { class: "t-13 ink-2 panel__why" }, member.tier_why),
      member.standing ? this.#credit(member.standing) : null,
      member.standing ? this.standing.draw(member.member_no) : null,
      ...careOf(member.apass).map((line) => h("p", { class: "t-13 ink-2 panel__care" }, line)),
      h("p", { class: "t-12 ink-3" }, interpolate(gettext("Member %(no)s"), { no: member.member_no })),
      member.also.length ? h("p", { class: "t-12 ink-3" }, interpolate(gettext("Also %(nos)s"), { nos: member.also.join(", ") })) : null,
    );
  }

  /* Buyer credit on its banded scale, with the newest rows; value and activity beside it. */
  #credit({ credit, band, band_label: words, ceiling, scale, rows, value, activity }) {
    const fill = h("span", { class: `credit__fill credit__fill--${band}` });
    fill.style.setProperty("--share", credit / ceiling);
    const marks = scale.map((from) => { const mark = h("span", { class: "credit__mark" }); mark.style.setProperty("--share", from / ceiling); return mark; });
    return h(
      "div", { class: "credit" },
      h("p", { class: "row t-13" }, h("span", { class: "ink-3" }, gettext("Buyer credit")), h("span", { class: "strong" }, String(credit)), h("span", { class: `tag${band === "poor" ? " tag--danger" : band === "fair" ? "" : " tag--ok"}` }, words)),
      h("div", { class: "credit__bar", "aria-hidden": "true" }, fill, marks),
      rows.length ? h("ul", { class: "credit__rows t-12" }, rows.map((row) => h("li", { class: "row" }, h("span", { class: "grow ink-2" }, row.label), h("span", { class: row.points < 0 ? "credit__minus" : "ink-2" }, row.points < 0 ? `−${-row.points}` : `+${row.points}`)))) : null,
      h("p", { class: "meta t-12 ink-3" }, h("span", {}, interpolate(gettext("Member value %(n)s"), { n: value })), h("span", {}, interpolate(gettext("Activity %(n)s"), { n: activity }))),
    );
  }

  /* A masked fact and the button that asks why; what it shows is masked again by itself. */
  #secret(member, field, label) {
    if (!member[field] || member[field] === member.member_no) return null;
    const shown = this.shown?.member === member.member_no ? this.shown.fields[field] : undefined;
    return h(
      "li", { class: "panel__fact t-13" }, h("span", { class: "ink-3" }, label), h("span", { class: shown ? "strong" : "", "aria-live": "polite" }, shown ?? member[field]),
      shown
        ? h("button", { class: "btn btn--link btn--small push", type: "button", onclick: () => this.#mask(field) }, gettext("Hide"))
        : h("button", { class: "btn btn--link btn--small push", type: "button", title: gettext("Viewing needs a reason and is logged"), onclick: () => this.#reveal(member, field, label) }, gettext("View")),
    );
  }

  async #reveal(member, field, label) {
    const answer = await revealField({ memberNo: member.member_no, field, label });
    if (!answer || this.about?.member?.member_no !== member.member_no) return;
    if (this.shown?.member !== member.member_no) this.shown = { member: member.member_no, fields: {} };
    this.shown.fields[field] = answer.value;
    this.draw();
    setTimeout(() => this.#mask(field, member.member_no), answer.shown_for_seconds * 1000);
    if (answer.left_today <= 5) toast(interpolate(ngettext("%(n)s look left today", "%(n)s looks left today", answer.left_today), { n: answer.left_today }));
  }

  #mask(field, memberNo = this.shown?.member) {
    if (this.shown?.member !== memberNo || !(field in this.shown.fields)) return;
    delete this.shown.fields[field];
    if (this.about?.member?.member_no === memberNo) this.draw();
  }

  #part(key, title, count, children, none) {
    const details = h(
      "details", { class: "section panel__part", "data-part": key, open: !this.folded.has(key) },
      h("summary", { class: "section__head" }, h("h3", {}, title), icon("chevron-down", "icon--small")),
      count ? h("ul", { class: "panel__list" }, children) : h("p", { class: "t-13 ink-3" }, none),
    );
    details.addEventListener("toggle", () => {
      this.folded[details.open ? "delete" : "add"](key);
      store.set("desk.folded", [...this.folded]);
    });
    return details;
  }

  /* What was marked of this customer; who may confirm it does so from here. */
  #harassment() {
    const cases = this.about.harassment;
    if (!cases.length) return [];
    return [this.#part("harassment", gettext("Harassment"), cases.length, cases.map((one) => h(
      "li", { class: "panel__case" },
      h("div", { class: "row" }, h("span", { class: "clip grow" }, `H${one.grade} ${one.ground_label}`), limitedTag(one), h("span", { class: "tag" }, one.state_label)),
      h("p", { class: "t-12 ink-3" }, interpolate(gettext("%(name)s, %(time)s"), { name: one.marked_by.name, time: momentWords(one.marked_at, serverNow()) })),
      one.may_decide ? h("button", { class: "btn btn--small", type: "button", onclick: () => this.#judge(one) }, gettext("Confirm or dismiss")) : null,
    )), "")];
  }

  async #judge(one) {
    const { id, mayWrite } = this;
    if (await judge(one) && this.id === id) this.show(id, { mayWrite });
  }

  /* What may be given now, with its limit and a button; then the rest, with why not and when it changes. */
  #offers(offers) {
    if (!offers) return [];
    const rows = [...offers.allowed.map((one) => this.#right(one, offers.may_give)), ...offers.refused.map((one) => this.#refused(one))];
    return [this.#part("offers", gettext("May be given now"), rows.length, rows, gettext("Nothing is promised beyond the law"))];
  }

  #right(one, mayGive) {
    const facts = [one.limit, one.often, one.until ? interpolate(gettext("until %(day)s"), { day: momentWords(one.until, serverNow()) }) : ""].filter(Boolean);
    return h(
      "li", { class: "panel__right" },
      h(
        "div", { class: "row" }, h("span", { class: "clip grow" }, one.name),
        one.by_hand && mayGive ? h("button", { class: "btn btn--small", type: "button", "data-give": one.code, onclick: () => this.#give(one) }, gettext("Give")) : null,
      ),
      facts.length ? h("p", { class: "meta t-12 ink-3" }, facts.map((f) => h("span", {}, f))) : null,
      h("p", { class: "t-12 ink-3" }, one.source.name),
    );
  }

  #refused(one) {
    return h("li", { class: "panel__right ink-3", "aria-disabled": "true" }, h("span", { class: "clip" }, one.name), h("p", { class: "t-12" }, one.reason));
  }

  async #give(right) {
    const { id } = this;
    const done = await giveRight({ memberNo: this.about.member.member_no, right, subject: id });
    if (!done) return;
    toast(interpolate(gettext("Given: %(name)s"), { name: right.name }));
    if (this.id === id) this.show(id, { mayWrite: this.mayWrite });
  }

  /* The key: to the first thing that may be given, or to the part that says why nothing may. */
  toOffers() {
    const part = this.body.querySelector('[data-part="offers"]');
    if (!part) return;
    part.open = true;
    (part.querySelector("[data-give]") ?? part.querySelector("summary")).focus();
    part.scrollIntoView({ block: "nearest" });
  }

  #radio() {
    if (this.casesFailed) return [h("section", { class: "section" }, failed(this.casesFailed, () => this.readCases()))];
    if (!this.cases.length) return [];
    return [this.#part("radio", gettext("Pushed to the radio"), this.cases.length, this.cases.map((one) => this.#case(one)), "")];
  }

  #case(one) {
    const [edition] = one.editions;
    const fate = edition
      ? interpolate(edition.is_out ? gettext("Heard since %(time)s") : gettext("Heard from %(time)s"), { time: momentWords(edition.publish_at, serverNow()) })
      : one.reject_reason ?? "";
    return h(
      "li", { class: "panel__case" },
      h("div", { class: "row" }, h("span", { class: "clip grow" }, one.headline || one.reason), h("span", { class: "tag" }, one.state_label)),
      h("p", { class: "t-12 ink-3" }, interpolate(gettext("%(name)s, %(time)s"), { name: one.pushed_by.name, time: momentWords(one.pushed_at, serverNow()) })),
      fate ? h("p", { class: "t-13 ink-2" }, fate) : null,
    );
  }

  #order(order) {
    return h(
      "li", { class: "panel__order" },
      h(
        "div", { class: "order" },
        h("span", { class: "order__picture" }, icon("box")),
        h("span", { class: "order__title" }, order.product || order.order_no),
        h("span", { class: "order__amount" }, money(order.paid_amount)),
        h("span", { class: "order__meta meta" }, h("span", {}, order.shop?.name ?? order.shop ?? ""), h("span", { class: "nowrap" }, momentWords(order.paid_at, serverNow())), refunded(order)),
        h("span", { class: "order__state" }, order.status_label),
      ),
      h(
        "div", { class: "panel__order-foot" }, h("span", { class: "t-12 ink-3 nowrap" }, order.order_no), order.account ? h("span", { class: "tag" }, order.account) : null,
        this.mayWrite && !order.account ? h("button", { class: "btn btn--link btn--small", type: "button", onclick: () => this.sendOrder(order) }, gettext("Send as a card")) : null,
      ),
    );
  }

  #past(talk) {
    return h("li", {}, h(
      "button", { class: "panel__past", type: "button", onclick: () => this.open(talk.id) },
      h("span", { class: "ink-3" }, momentWords(talk.opened_at, serverNow())),
      h("span", { class: "clip" }, talk.subject || talk.conversation_no),
      talk.account ? h("span", { class: "tag" }, talk.account) : null,
      h("span", { class: "ink-3 nowrap" }, talk.disposition ?? stateWords(talk.state)),
    ));
  }
}

export function stateWords(state) {
  return {
    waiting: gettext("in the queue"),
    open: gettext("with an agent"),
    resolved: gettext("settled"),
    closed: gettext("closed"),
  }[state] ?? "";
}

function refunded(order) {
  if (!(Number(order.refunded_amount) > 0)) return null;
  return h("span", { class: "nowrap" }, interpolate(gettext("%(money)s refunded"), { money: money(order.refunded_amount) }));
}

function since(registeredAt) {
  if (!registeredAt) return "";
  const { year, month } = local(new Date(registeredAt));
  return interpolate(gettext("member since %(year)s-%(month)s"), { year, month });
}
