"""The one rule of who sees what of a member, and that nothing goes round it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from accounts.masks import MASKS, shown, shown_member
from common.events import history_lines
from common.history import history_of, record
from common.masking import blank_text, mask_region, mask_texts

ROOT = Path(settings.BASE_DIR)
PLAIN = {
    "name": "周小宁",
    "phone": "13800002071",
    "address": "浙江省杭州市余杭区文一西路969号",
    "email": "xiaoning@example.com",
    "text": "我叫周小宁，电话13800002071",
    "region": "浙江省杭州市余杭区文一西路969号",
}


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("who", ["bo", "lin", "sen", "ops", "he", "wen", "qiao", "chen"])
def test_every_role_reads_others_masked(kind, who, request, mei):
    person = request.getfixturevalue(who)
    assert shown(kind, PLAIN[kind], to=person, own=mei.pk) != PLAIN[kind]
    assert shown(kind, PLAIN[kind], to=None, own=mei.pk) != PLAIN[kind]


@pytest.mark.parametrize("kind", MASKS)
def test_ones_own_is_plain(kind, mei):
    assert shown(kind, PLAIN[kind], to=mei, own=mei.pk) == PLAIN[kind]


def test_a_member_is_shown_by_the_same_rule(mei, bo):
    assert shown_member(mei.member, to=mei)["phone"] == "13800002071"
    assert shown_member(mei.member, to=bo) == {
        "name": "周*宁",
        "phone": "138****2071",
        "region": "上海",
    }


def test_a_member_is_called_masked_wherever_python_says_their_name(mei, bo):
    assert (str(mei), str(mei.member)) == ("周*宁", "M10000001 周*宁")
    assert str(bo) == "许青禾"


@pytest.mark.parametrize(
    ("region", "masked"),
    [
        ("", ""),
        ("上海", "上海"),
        ("浙江杭州", "浙江杭州"),
        ("浙江省杭州市余杭区", "浙江省杭州市余杭区"),
        ("新疆维吾尔自治区", "新疆维吾尔自治区"),
        ("广东深圳南山区科技园", "广东深圳南山区****"),
        ("浙江省杭州市余杭区文一西路969号", "浙江省杭州市余杭区****"),
        ("文一西路", "****"),
        ("13800002071", "****"),
    ],
)
def test_a_region_is_shown_and_an_address_in_its_place_is_not(region, masked):
    assert mask_region(region) == masked


def test_blanking_leaves_nothing_and_settles():
    text = "周小宁 13800002071 138****2071 xn@example.com 银行卡6222021234567890128"
    blank = blank_text(text, names=["周小宁"])
    assert not re.search(r"周小宁|2071|example|0128", blank)
    assert blank_text(blank, names=["周小宁"]) == blank


def test_texts_without_long_numbers_ask_nobody(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        mask_texts(["车厘子坏了", "第 3 箱"])
    with django_assert_num_queries(1):
        mask_texts(["2611200341700001", "6222021234567890128"] * 50)


def test_no_door_asks_for_a_right_to_see_everything():
    """``personal_data.see`` used to mean everything plain at once; nothing means that any more."""
    asking = [
        str(path.relative_to(ROOT))
        for app in ("accounts", "apass", "workforce", "merchants", "trade", "tickets", "radio")
        for path in (ROOT / app).rglob("*.py")
        if "personal_data.see" in path.read_text("utf-8")
    ]
    assert asking == []


def test_history_shows_no_phone_of_a_change(mei, ops, browser_of):
    record(mei, "person.changed", by=ops, before={"phone": "13800002071"}, after={"phone": ""})
    (line,) = history_lines(history_of(mei))
    assert [(change.before, change.after) for change in line.changes] == [("138****2071", "—")]
    url = reverse("admin:accounts_user_history", args=[mei.pk])
    page = browser_of(ops).get(url).content.decode()
    assert "13800002071" not in page
    assert "周小宁" not in page


def test_reasons_are_masked_before_they_can_no_longer_be_changed(mei, ops):
    line = record(mei, "person.changed", by=ops, reason="客人13800002071来电")
    assert line.reason == "客人138****2071来电"
