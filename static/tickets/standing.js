/* All of a member's standing, folded under the short one: asked for when it is opened, once a customer. */

import { get } from "../js/api.js";
import { h } from "../js/dom.js";
import { local } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";

const signed = (points) => (points < 0 ? `−${-points}` : `+${points}`);

export class WholeStanding {
  /* `failed(text, again)` draws a part that could not be read. */
  constructor(failed) {
    this.failed = failed;
    this.forget();
  }

  forget() {
    Object.assign(this, { no: null, card: null, open: false });
  }

  /* The fold for a member; drawn anew with the panel, it stays open and keeps what it was told. */
  draw(memberNo) {
    if (this.no !== memberNo) {
      this.forget();
      this.no = memberNo;
    }
    const body = h("div", { class: "whole t-12" });
    const fold = h("details", { class: "whole__fold" }, h("summary", { class: "t-13" }, gettext("Every row, and what would raise it")), body);
    fold.open = this.open;
    fold.addEventListener("toggle", () => {
      this.open = fold.open;
      if (fold.open) this.#fill(body, memberNo);
    });
    if (this.open) this.#fill(body, memberNo);
    return fold;
  }

  async #fill(body, memberNo) {
    if (!this.card) {
      body.replaceChildren(h("div", { class: "skeleton" }, h("span"), h("span")));
      try {
        const card = await get(`/api/v1/members/${encodeURIComponent(memberNo)}/standing/`);
        if (this.no !== memberNo) return;
        this.card = card;
      } catch (error) {
        body.replaceChildren(this.failed(error.message, () => this.#fill(body, memberNo)));
        return;
      }
    }
    body.replaceChildren(...this.card.scores.map((score) => this.#score(score)));
  }

  #score({ label, total, start, band_label: band, raises, rows }) {
    const begins = start ? [line(gettext("Everybody begins with"), String(start))] : [];
    return h(
      "section", { class: "whole__score" },
      h("h3", { class: "row t-13" }, h("span", { class: "grow" }, label), h("span", { class: "strong" }, String(total)), band ? h("span", { class: "tag" }, band) : null),
      raises.length
        ? h("p", { class: "ink-2" }, gettext("What would raise it:"), " ", raises.map((one) => `${one.label} ${signed(one.points)}`).join(gettext("; ")))
        : h("p", { class: "ink-2" }, gettext("This month has brought all it can.")),
      h("ul", { class: "whole__rows" }, ...begins, ...rows.map((row) => line(row.label, signed(row.points), row))),
      rows.length ? null : h("p", { class: "ink-3" }, gettext("No rows yet.")),
    );
  }
}

/* One row: its cause and points, until when it counts and by which rules. */
function line(label, points, row) {
  const until = row && (row.counts_until ? interpolate(gettext("counts until %(day)s"), { day: dayOf(row.counts_until) }) : gettext("counts for good"));
  const facts = row ? [until, interpolate(gettext("rules v%(n)s"), { n: row.rules_version })] : [];
  return h(
    "li", { class: "whole__row" },
    h("p", { class: "row" }, h("span", { class: "grow" }, label), h("span", { class: row && row.points < 0 ? "credit__minus nowrap" : "nowrap" }, points)),
    facts.length ? h("p", { class: "meta ink-3" }, facts.map((fact) => h("span", {}, fact))) : null,
  );
}

function dayOf(moment) {
  const { year, month, day } = local(new Date(moment));
  return `${year}-${month}-${day}`;
}
