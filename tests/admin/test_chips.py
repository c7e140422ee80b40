"""A state is said in words wherever the back office shows it, and in a colour where one is meant."""

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from apass.actions import open_rollout
from common.admin import Chip
from common.admin.columns import text_of
from trade.admin import RefundAdmin
from trade.models import Refund


@pytest.fixture
def refund(order):
    return Refund.objects.create(
        refund_no="R1", order=order, kind="refund_only", amount=9, applied_at=timezone.now()
    )


def test_what_it_says_is_escaped():
    assert "&lt;b&gt;" in Chip("<b>")
    assert "bg-red-100" in Chip("坏了", "danger")
    assert "bg-red-100" not in Chip("好的")


def test_a_list_a_row_and_an_export_say_the_same(refund, browser_of, ops):
    office = browser_of(ops)
    for url in (
        reverse("admin:trade_refund_changelist"),
        reverse("admin:trade_refund_change", args=[refund.pk]),
    ):
        page = office.get(url).content.decode()
        assert Chip("处理中", "warning") in page
        assert "(&#x27;" not in page
    assert text_of(RefundAdmin(Refund, admin.site), refund, "outcome_label") == "处理中"


def test_a_state_without_a_colour_is_said_in_words_too(browser_of, ops):
    rollout = open_rollout("products", "商品卡", kind="feature", subject_kind="member", by=ops)
    page = browser_of(ops).get(reverse("admin:apass_rollout_changelist")).content.decode()
    assert Chip(rollout.get_state_display()) in page
