"""The converters under docs/examples read what they say and write what the loaders take."""

import csv
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from accounts.loading import MemberLoader
from common.loading import Fates, load_file
from merchants.loading import ShopLoader
from tickets.loading import ConversationLoader
from tickets.models import Conversation
from trade.loading import OrderLoader, ProductLoader, RefundLoader
from trade.models import Order, Product, Refund
from workforce.models import Team

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"

DIALOGUE = {
    "dialogue_id": "77",
    "messages": [
        {
            "role": "usr",
            "content": "想找一家酒店。",
            "dialog_act": [["Inform", "酒店", "名称", ""]],
        },
        {
            "role": "sys",
            "content": "这家不错。",
            "dialog_act": [["General", "greet", "none", "none"]],
        },
    ],
}
LINES = """Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
WHITE  LANTERN,6,2010-12-01 08:26,3.39,17850,United Kingdom
"CUPS, PINK",2,2010-12-01 08:26,1.25,17850,United Kingdom
CUPS,-2,2010-12-02 09:00,1.25,17850,United Kingdom
CUPS,2,2010-12-02 09:00,0.0,17850,United Kingdom
CUPS,two,2010-12-02 09:00,1.00,17850,United Kingdom
LAMP,1,2011-06-01 10:00,9.99,,France
LAMP,1,2011-05-01 10:00,8.99,,France
"""
BASKETS = """Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
CUP,4,2010-12-01 08:26,1.25,17850,United Kingdom
CUP,2,2010-12-01 08:26,1.25,17850,United Kingdom
PIN,5,2010-12-01 08:26,0.005,17850,United Kingdom
CUP,3,2010-12-05 10:00,1.50,17850,United Kingdom
CUP,-5,2010-12-06 09:00,1.25,17850,United Kingdom
CUP,-2,2010-12-06 09:00,9.00,17850,United Kingdom
PIN,-1,2010-12-06 09:00,0.005,17850,United Kingdom
CUP,-1,2010-12-06 11:00,0.30,17850,United Kingdom
CUP,-1,2010-12-06 12:00,1.50,17850,United Kingdom
CUP,-1,2010-12-01 07:00,1.25,17850,United Kingdom
PIN,-1,2010-12-07 12:00,0.0,17850,United Kingdom
CUP,1,2010-12-06 12:00,1.00,12347,Iceland
CUP,-1,2010-12-06 12:00,1.00,12347,Iceland
CUP,1,2010-12-06 12:00,1.00,,Iceland
CUP,one,2010-12-06 12:00,1.00,12347,Iceland
CUP,1,2010-12-06 12:00,-1.00,12347,Iceland
CUP,-9,2010-12-06 12:00,1.00,12348,Iceland
"""


def convert(script: str, *arguments: Path) -> str:
    """Run an example; return what it said."""
    command = [sys.executable, EXAMPLES / script, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def test_crosswoz_becomes_conversations(db, write, tmp_path):
    Team.objects.update_or_create(is_default=True, defaults={"code": "first", "name": "一组"})
    source = write("dialogues.jsonl.gz", json.dumps(DIALOGUE, ensure_ascii=False) + "\n")
    target = tmp_path / "talks.jsonl"
    convert("crosswoz_to_conversations.py", source, target)
    assert load_file(ConversationLoader(), target).fates == Fates(inserted=1)
    it = Conversation.objects.get()
    assert (it.conversation_no, it.subject, it.last_seq) == ("CW-77", "酒店", 2)
    assert load_file(ConversationLoader(), target).fates == Fates(unchanged=1)


def test_online_retail_becomes_members_shops_products_and_orders(db, write, tmp_path):
    folder = tmp_path / "uci"
    convert("uci_online_retail_to_csv.py", write("lines.csv", LINES), folder)
    assert load_file(MemberLoader(), folder / "members.csv").fates == Fates(inserted=2)
    assert load_file(ShopLoader(), folder / "shops.csv").fates == Fates(inserted=2)
    assert load_file(ProductLoader(), folder / "products.csv").fates == Fates(inserted=3)
    assert load_file(OrderLoader(), folder / "orders.csv").fates == Fates(inserted=4)
    lamp = Product.objects.get(title="LAMP")
    assert (lamp.shop.name, float(lamp.price)) == ("France", 9.99)  # the later price
    order = Order.objects.get(product="CUPS, PINK")
    assert (order.order_no, order.paid_amount) == ("UCI-17850-1012010826-002", 2.5)
    assert order.member.display_name == "Customer 17850"
    with (folder / "skipped.csv").open() as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["4", "5", "6"]


def test_online_retail_becomes_baskets_and_what_came_back(db, write, tmp_path):
    folder = tmp_path / "uci"
    said = convert("uci_online_retail_baskets.py", write("lines.csv.gz", BASKETS), folder)
    assert load_file(MemberLoader(), folder / "members.csv").fates == Fates(inserted=3)
    assert load_file(ShopLoader(), folder / "shops.csv").fates == Fates(inserted=1)
    assert load_file(OrderLoader(), folder / "orders.csv").fates == Fates(inserted=3)
    assert load_file(RefundLoader(), folder / "refunds.csv").fates == Fates(inserted=3)
    first, second = Order.objects.filter(member__member_no="UCI-17850").order_by("id")
    # 7.50 and five pins of half a penny, rounded half up.
    assert (str(first.paid_amount), first.product, first.quantity) == ("7.53", "CUP", 11)
    assert (second.order_no, second.status) == ("UCI-17850-1012051000", "finished")
    # Five cups no longer fit the later basket, two do, at 9.00 each: never more than was paid.
    assert list(Refund.objects.order_by("refund_no").values_list("order__order_no", "amount")) == [
        ("UCI-17850-1012010826", Decimal("6.26")),  # 6.25 and half a penny
        ("UCI-17850-1012010826", Decimal("1.27")),  # 1.50, of which that was left
        ("UCI-17850-1012051000", Decimal("4.50")),
    ]
    for line in (
        "1  skipped: no customer", "1  skipped: a number or the date cannot be read",
        "1  skipped: price below zero, or no quantity", "3  dropped: a return that fits no basket",
        "2  dropped: a refund of nothing",
    ):  # fmt: skip
        assert line in said
