#!/usr/bin/env python3
"""Turn the UCI set "Online Retail" into what its customers bought and gave back.

    python3 docs/examples/uci_online_retail_baskets.py lines.csv.gz uci/
    python3 manage.py import_members uci/members.csv
    python3 manage.py import_shops uci/shops.csv
    python3 manage.py import_orders uci/orders.csv
    python3 manage.py import_refunds uci/refunds.csv

Input: Chen, D. (2015), Online Retail, UCI Machine Learning Repository,
https://doi.org/10.24432/C5BW33, CC BY 4.0: CSV with Description, Quantity, InvoiceDate, UnitPrice,
CustomerID, Country; plain or gzip. Name the source when you show the data.

What is decided here: a customer is a member, all of them buy in one shop, and what one buys at one
moment is one order (a basket; the copy has no invoice number). An order is paid by the sum of its
lines, rounded half up, named after its dearest line, received at once and finished. A line with a
negative quantity goes back to the customer's latest earlier basket that still holds as many of the
same description; what goes back to one basket at one moment is one refund, at the price of the
returned lines, never more than is left of what was paid. Members registered at their first line.
Amounts are pounds, written as they are. Times are London's. Not taken, and counted: lines without
a customer, lines that cannot be read, prices below zero, returns that fit no basket, refunds of
nothing. The same lines always give the same files.

``uci_online_retail_to_csv.py`` makes an order of every line instead, with products and a shop per
country: load the files of one of them. Standard library only.
"""

import argparse
import csv
import gzip
import io
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
COLUMNS = ("Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
SHOP_NO = "UCI-SHOP"
CENT = Decimal("0.01")

Row = list[str]


@dataclass(frozen=True)
class Line:
    """One line of the set."""

    customer: str
    at: datetime
    title: str
    quantity: int
    price: Decimal
    country: str


@dataclass
class Basket:
    """What one customer bought at one moment."""

    customer: str
    at: datetime
    country: str
    lines: list[Line] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    repaid: Decimal = Decimal(0)

    @property
    def order_no(self) -> str:
        return f"UCI-{self.customer}-{self.at:%y%m%d%H%M}"

    @property
    def paid(self) -> Decimal:
        return _cents(sum((line.quantity * line.price for line in self.lines), Decimal(0)))

    def add(self, line: Line) -> None:
        """Put a line into the basket."""
        self.lines.append(line)
        self.left[line.title] += line.quantity

    def row(self) -> Row:
        """Return the basket as a row of orders.csv."""
        dearest = max(self.lines, key=lambda line: line.quantity * line.price)
        pieces = sum(line.quantity for line in self.lines)
        at = self.at.isoformat()
        return [
            self.order_no, f"UCI-{self.customer}", SHOP_NO, str(self.paid), at, dearest.title[:200],
            str(pieces), at, "finished", self.country[:40],
        ]  # fmt: skip


def read(rows: Iterable[dict[str, str]], count: Counter[str]) -> Iterator[Line]:
    """Yield the lines that can be used; count why the others cannot."""
    for row in rows:
        count["lines"] += 1
        customer = (row["CustomerID"] or "").strip().removesuffix(".0")
        if not customer:
            count["skipped: no customer"] += 1
            continue
        try:
            at = datetime.strptime(row["InvoiceDate"], "%Y-%m-%d %H:%M").replace(tzinfo=LONDON)
            quantity, price = int(row["Quantity"]), Decimal(row["UnitPrice"])
        except (ValueError, TypeError, InvalidOperation):
            count["skipped: a number or the date cannot be read"] += 1
            continue
        if price < 0 or quantity == 0:
            count["skipped: price below zero, or no quantity"] += 1
            continue
        title = " ".join((row["Description"] or "").split())
        country = (row["Country"] or "").strip() or "Unspecified"
        yield Line(customer, at, title, quantity, price, country)


def settle(lines: Iterable[Line], count: Counter[str]) -> tuple[list[Basket], list[Row]]:
    """Put one customer's lines, in the order of time, into baskets; return them and rows of refunds.csv."""
    baskets: dict[datetime, Basket] = {}
    returned: dict[tuple[datetime, datetime], Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.quantity > 0:
            new = Basket(line.customer, line.at, line.country)
            baskets.setdefault(line.at, new).add(line)
            continue
        back = -line.quantity
        earlier = (basket for at, basket in reversed(baskets.items()) if at < line.at)
        basket = next((one for one in earlier if one.left[line.title] >= back), None)
        if basket is None:
            count["dropped: a return that fits no basket"] += 1
            continue
        basket.left[line.title] -= back
        returned[basket.at, line.at] += back * line.price
        count["returned lines"] += 1
    refunds = []
    for (bought_at, at), worth in returned.items():
        basket = baskets[bought_at]
        amount = min(_cents(worth), basket.paid - basket.repaid)
        if amount == 0:
            count["dropped: a refund of nothing"] += 1
            continue
        basket.repaid += amount
        number = f"{basket.order_no.replace('UCI-', 'UCI-R-', 1)}-{at:%y%m%d%H%M}"
        moment = at.isoformat()
        refunds.append(
            [number, basket.order_no, "return_refund", str(amount), moment, moment, "success"]
        )
    return list(baskets.values()), refunds


def convert(source: Path, folder: Path) -> Counter[str]:
    """Write the four files into ``folder``; return what was counted."""
    count: Counter[str] = Counter()
    by_customer: dict[str, list[Line]] = defaultdict(list)
    with _text(source) as file:
        reader = csv.DictReader(file)
        missing = set(COLUMNS) - set(reader.fieldnames or ())
        if missing:
            sys.exit(f"{source} lacks the columns {', '.join(sorted(missing))}")
        for line in read(reader, count):
            by_customer[line.customer].append(line)
    members, orders, refunds = [], [], []
    for customer, lines in sorted(by_customer.items()):
        lines.sort(
            key=lambda line: line.at
        )  # stable: what the file says of one moment stays in order
        first = lines[0]
        name = f"Customer {customer}"
        members.append([f"UCI-{customer}", name, first.at.isoformat(), first.country[:40]])
        bought, gave_back = settle(lines, count)
        orders += bought
        refunds += gave_back
    orders.sort(key=lambda basket: (basket.at, basket.order_no))
    _write(folder, "members", "member_no display_name registered_at region", members)
    _write(folder, "shops", "shop_no name", [[SHOP_NO, "UCI Online Retail"]])
    head = "order_no member_no shop_no paid_amount paid_at product quantity signed_at status region"
    _write(folder, "orders", head, [basket.row() for basket in orders])
    head = "refund_no order_no kind amount applied_at finished_at outcome"
    _write(folder, "refunds", head, refunds)
    return count + Counter(members=len(members), orders=len(orders), refunds=len(refunds))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _write(folder: Path, name: str, head: str, rows: Iterable[Row]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(head.split())
        writer.writerows(rows)


def _text(path: Path) -> io.TextIOBase:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if packed:
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, help="lines.csv or lines.csv.gz")
    parser.add_argument("folder", type=Path, help="where the files are written")
    given = parser.parse_args()
    for what, number in convert(given.source, given.folder).items():
        print(f"{number:>9,}  {what}", file=sys.stderr)


if __name__ == "__main__":
    main()
