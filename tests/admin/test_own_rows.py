"""No list of the back office shows people what is kept about themselves as members."""

import pytest
from django.contrib import admin
from django.db.models import ForeignKey
from django.test import RequestFactory
from django.utils import timezone

from accounts.actions import ask_about_data
from accounts.models import Member, Role, User
from apass.models import ManagerAssignment, Membership
from common.admin import BaseAdmin
from tests.conftest import member, person
from tests.rights.rows import key_of_a_row
from tests.tickets.casts import waiting

pytestmark = pytest.mark.django_db


def leads_to_a_member(model, hops=2) -> bool:
    """Tell whether a row belongs to a member: itself, by a column, or by what it is about."""
    if model._meta.concrete_model is Member:
        return True
    if not hops or model is User:
        return False
    ways = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
    return any(leads_to_a_member(way.related_model, hops - 1) for way in ways)


LISTS = sorted(
    model._meta.label_lower
    for model, page in admin.site._registry.items()
    if isinstance(page, BaseAdmin) and leads_to_a_member(model)
)


def rows_of(label, user):
    pages = {model._meta.label_lower: page for model, page in admin.site._registry.items()}
    request = RequestFactory().get("/")
    request.user = user
    return pages[label].get_queryset(request)


def test_the_lists_about_members_are_many():
    assert {"tickets.harassmentcase", "accounts.scoreentry", "trade.refund"} < set(LISTS)
    assert len(LISTS) >= 18


@pytest.fixture
def at_home(ops, team):
    """Ops is a member at home, with what has no row by its columns alone."""
    now = timezone.now()
    ops.roles = [Role.OPERATIONS, Role.MEMBER]
    ops.save()
    own = member(ops, "M10000009", "normal", "13700009999")
    waiting(own, team)
    ask_about_data(own, "copy", by=ops)
    Membership.objects.create(
        member=own, state="candidate", since=now, due_at=now, figures_at=now, made_at=now
    )
    return ops


@pytest.fixture
def colleague(at_home, bo):
    """Zhao, who works beside Ops and stands in for whoever looks after them."""
    deputy = person("zhao", "赵舒", Role.OPERATIONS)
    ManagerAssignment.objects.create(
        member=at_home.member, manager=bo, deputy=deputy, since=timezone.now()
    )
    person("sun", "孙平", Role.MEMBER)  # who is the other one of a pair
    return deputy


@pytest.mark.parametrize("label", LISTS)
def test_a_list_about_members_leaves_oneself_out(label, at_home, colleague):
    key_of_a_row(rows_of(label, colleague).model)
    assert rows_of(label, colleague).count() == 1
    assert not rows_of(label, at_home).exists()


def pages_that_name_the_member() -> list[str]:
    return sorted(
        model._meta.label_lower
        for model, page in admin.site._registry.items()
        if isinstance(page, BaseAdmin) and page.about_member
    )


@pytest.mark.parametrize("label", pages_that_name_the_member())
def test_a_page_names_the_member_only_where_its_rows_do_not_ask_themselves(
    label, at_home, colleague, monkeypatch
):
    """What ``visible_to`` leaves out already would be left out twice, by one question more in each list."""
    page = type(next(p for m, p in admin.site._registry.items() if m._meta.label_lower == label))
    key_of_a_row(rows_of(label, at_home).model)
    monkeypatch.setattr(page, "about_member", "")
    assert rows_of(label, at_home).exists()
