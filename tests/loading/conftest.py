"""Small files for the loaders."""

import gzip
from pathlib import Path

import pytest

from accounts.models import Member
from merchants.models import Merchant, Shop

HEAD = "order_no,member_no,shop_no,paid_amount,paid_at"


@pytest.fixture
def write(tmp_path: Path):
    """Give a function that writes a file and returns its path."""

    def write(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        data = text.encode() if isinstance(text, str) else text
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


@pytest.fixture
def orders_file(write):
    """Give a function that writes a file of orders with the required columns."""

    def orders_file(*lines: str, name: str = "orders.csv") -> Path:
        return write(name, "\n".join([HEAD, *lines]) + "\n")

    return orders_file


def make_buyers() -> None:
    """Make two members and two shops."""
    Member.objects.bulk_create(Member(member_no=f"M{n}") for n in (1, 2))
    merchant = Merchant.objects.create(merchant_no="B1", name="岭上农业")
    Shop.objects.bulk_create(
        Shop(shop_no=f"S{n}", name=f"店{n}", merchant=merchant) for n in (1, 2)
    )


@pytest.fixture
def buyers(db) -> None:
    make_buyers()
