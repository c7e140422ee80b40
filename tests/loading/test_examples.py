"""The converters under docs/examples read what they say and write what the loaders take."""

import csv
import json
import subprocess
import sys
from pathlib import Path

from accounts.loading import MemberLoader
from common.loading import Fates, load_file
from merchants.loading import ShopLoader
from tickets.loading import ConversationLoader
from tickets.models import Conversation
from trade.loading import OrderLoader, ProductLoader
from trade.models import Order, Product
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


def convert(script: str, *arguments: Path) -> None:
    subprocess.run([sys.executable, EXAMPLES / script, *arguments], check=True)


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
