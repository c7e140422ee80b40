#!/usr/bin/env python3
"""Turn the UCI set "Online Retail" into files of members, shops, products and orders.

    python3 docs/examples/uci_online_retail_to_csv.py lines.csv.gz uci/
    python3 manage.py import_members uci/members.csv
    python3 manage.py import_shops uci/shops.csv
    python3 manage.py import_products uci/products.csv
    python3 manage.py import_orders uci/orders.csv

Input: Chen, D. (2015), Online Retail, UCI Machine Learning Repository,
https://doi.org/10.24432/C5BW33, CC BY 4.0: CSV with Description, Quantity, InvoiceDate, UnitPrice,
CustomerID, Country; plain or gzip. Name the source when you show the data.

What is decided here: a customer is a member, a country a shop, every line of a basket an order.
A product is one description in one shop, because orders name their product by shop and words; its
price is that of the latest line, and its number is made of the shop's and the description's
SHA-256 (the copy has no stock code), so another file gives it the same number. All are listed.
The copy has no invoice number, so an order's number is made of customer, minute and a counter
within that minute, in the order of the file: the same file always gives the same numbers. Lines
without a customer belong to one guest per country. Amounts are pounds, written as they are.
Times are London's. Not taken, and listed with a reason in ``skipped.csv``: returns and
corrections (quantity not positive), lines without a price, lines that cannot be read.

Standard library only.
"""

import argparse
import csv
import gzip
import hashlib
import io
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
COLUMNS = ("Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")


class Skipped(ValueError):
    """A line that is no order; the message says why."""


class Shops:
    """Numbers the countries in the order they come up."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}

    def number(self, country: str) -> str:
        """Return the shop number of a country."""
        return self.numbers.setdefault(country, f"UCI-S{len(self.numbers) + 1:02d}")


class Orders:
    """Turns lines into orders and remembers who bought first when."""

    def __init__(self) -> None:
        self.shops = Shops()
        self.members: dict[str, tuple[str, str, str]] = {}
        self.lines: Counter[tuple[str, str]] = Counter()
        self.products: dict[tuple[str, str], tuple[datetime, Decimal]] = {}

    def order(self, line: dict[str, str]) -> list[str]:
        """Return one line as a row of orders.csv. Raises :class:`Skipped`."""
        try:
            quantity = int(line["Quantity"])
            price = Decimal(line["UnitPrice"])
            paid_at = datetime.strptime(line["InvoiceDate"], "%Y-%m-%d %H:%M").replace(
                tzinfo=LONDON
            )
        except (ValueError, TypeError, InvalidOperation) as error:
            raise Skipped("a number or the date cannot be read") from error
        if quantity <= 0:
            raise Skipped("return or correction: the quantity is not positive")
        if price <= 0:
            raise Skipped("no price")
        country = line["Country"].strip() or "Unspecified"
        customer = line["CustomerID"].strip().removesuffix(".0")
        shop_no = self.shops.number(country)
        member_no = f"UCI-{customer}" if customer else f"UCI-GUEST-{shop_no[-3:]}"
        name = f"Customer {customer}" if customer else f"Guests from {country}"
        self.members.setdefault(member_no, (name, paid_at.isoformat(), country[:40]))
        title = " ".join(line["Description"].split())[:200]
        self._price(shop_no, title, paid_at, price)
        minute = f"{paid_at:%y%m%d%H%M}"
        self.lines[member_no, minute] += 1
        return [
            f"{member_no}-{minute}-{self.lines[member_no, minute]:03d}",
            member_no,
            shop_no,
            f"{quantity * price:.2f}",
            paid_at.isoformat(),
            title,
            str(quantity),
            "finished",
            country[:40],
        ]

    def _price(self, shop_no: str, title: str, at: datetime, price: Decimal) -> None:
        """Remember what a product cost last; what costs less than a penny has no price."""
        known = self.products.get((shop_no, title))
        if title and price >= Decimal("0.01") and (known is None or known[0] <= at):
            self.products[shop_no, title] = (at, price)

    def product_rows(self) -> Iterator[list[str]]:
        """Yield the rows of products.csv."""
        for (shop_no, title), (_at, price) in self.products.items():
            digest = hashlib.sha256(title.encode()).hexdigest()
            yield [f"{shop_no}-{digest[:12]}", shop_no, title, f"{price:.2f}"]


def convert(source: Path, folder: Path) -> Counter[str]:
    """Write the five files into ``folder``; return how many lines went where."""
    folder.mkdir(parents=True, exist_ok=True)
    orders, count = Orders(), Counter[str]()
    with (
        _text(source) as file,
        (folder / "orders.csv").open("w", newline="", encoding="utf-8") as taken,
        (folder / "skipped.csv").open("w", newline="", encoding="utf-8") as left,
    ):
        reader = csv.DictReader(file)
        missing = set(COLUMNS) - set(reader.fieldnames or ())
        if missing:
            sys.exit(f"{source} lacks the columns {', '.join(sorted(missing))}")
        order_rows, skipped_rows = csv.writer(taken), csv.writer(left)
        order_rows.writerow(
            [
                "order_no",
                "member_no",
                "shop_no",
                "paid_amount",
                "paid_at",
                "product",
                "quantity",
                "status",
                "region",
            ]
        )
        skipped_rows.writerow(["line", "reason", *COLUMNS])
        for line in reader:
            try:
                order_rows.writerow(orders.order(line))
                count["orders"] += 1
            except Skipped as reason:
                skipped_rows.writerow(
                    [reader.line_num, reason, *(line[column] for column in COLUMNS)]
                )
                count[str(reason)] += 1
    with (folder / "members.csv").open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["member_no", "display_name", "registered_at", "region"])
        rows.writerows([number, *about] for number, about in sorted(orders.members.items()))
    with (folder / "shops.csv").open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["shop_no", "name"])
        rows.writerows([number, country] for country, number in orders.shops.numbers.items())
    with (folder / "products.csv").open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["product_no", "shop_no", "title", "price"])
        rows.writerows(orders.product_rows())
    count["products"] = len(orders.products)
    count["members"], count["shops"] = len(orders.members), len(orders.shops.numbers)
    return count


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
