"""Saved views: kept, shared, opened with, deleted and brought back."""

import pytest
from django.urls import reverse

from accounts.models import Role
from common import saved_views
from common.errors import DomainError, Forbidden, NotFound
from common.history import history_of
from common.models import DefaultView, SavedView
from common.saved_views import (
    delete_view,
    open_with,
    rename_view,
    restore_view,
    save_view,
    share_view,
)

LIST = reverse("admin:trade_order_changelist")
VIEWS = reverse("admin:trade_order_views")
QUERY = "status__exact=paid&q=%E8%BD%A6%E5%8E%98%E5%AD%90&cols=order_no,amount"


@pytest.fixture
def office(browser_of, ops):
    return browser_of(ops)


@pytest.fixture
def view(ops):
    return save_view(listing="trade.order", name="岭上待发", query="status__exact=paid", by=ops)


def change(browser, view, does, **more):
    url = reverse("admin:trade_order_view", args=[view.public_id])
    return browser.post(url, {"do": does} | more)


def test_a_view_is_replaced_where_no_other_has_room(view, ops, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 1)
    again = save_view(listing="trade.order", name=view.name, query="status__exact=closed", by=ops)
    assert (again.pk, again.query) == (view.pk, "status__exact=closed")
    with pytest.raises(DomainError, match=r"view\.too_many"):
        save_view(listing="trade.order", name="另一个", query="", by=ops)


def test_filters_words_and_columns_are_kept(office, order, ops):
    answer = office.post(VIEWS, {"name": "  待 发货 ", "query": QUERY})
    view = SavedView.objects.get()
    assert (view.name, view.owner, view.query) == ("待 发货", ops, QUERY)
    assert answer.url == f"{LIST}?{QUERY}&view={view.public_id}"
    page = office.get(answer.url)
    assert page.context["cl"].list_display == ["action_checkbox", "order_no", "amount"][-2:]
    assert page.context["head"]["open"]["view"] == view
    assert history_of(view).first().action == "view.saved"


def test_saving_under_the_same_name_replaces(office, view):
    office.post(VIEWS, {"name": "岭上待发", "query": "status__exact=signed"})
    view.refresh_from_db()
    assert view.query == "status__exact=signed"


@pytest.mark.parametrize(
    "query",
    ["user__password__startswith=p", "_connector=OR", "order_no__regex=(a%2B)%2B$", "status__gt=1"],
)
def test_a_query_that_the_list_does_not_know_is_refused(query, office, order):
    assert office.post(VIEWS, {"name": "坏", "query": query}).status_code == 400
    assert not SavedView.objects.exists()


def test_what_is_no_filter_is_left_out(office, order):
    office.post(VIEWS, {"name": "二", "query": "status__exact=paid&cols=order_no,password&o=1"})
    assert SavedView.objects.get().query == "status__exact=paid&cols=order_no,password"
    page = office.get(LIST, {"cols": "order_no,password"})
    assert "password" not in page.context["cl"].list_display


def test_a_list_opens_with_ones_usual_view(office, view, ops):
    change(office, view, "open_with")
    assert office.get(LIST).url == f"?status__exact=paid&view={view.public_id}"
    assert office.get(LIST, {"view": "all"}).status_code == 200
    office.post(VIEWS, {"do": "open_with_all"})
    assert office.get(LIST).status_code == 200
    assert not DefaultView.objects.exists()


def test_a_view_is_shared_with_a_role(office, browser_of, ops, wen, view):
    assert "岭上待发" not in browser_of(wen).get(LIST).content.decode()
    change(office, view, "share", roles=[Role.ACCOUNT_MANAGER, "nobody"])
    view.refresh_from_db()
    assert view.roles == [Role.ACCOUNT_MANAGER]
    assert "岭上待发" in browser_of(wen).get(LIST).content.decode()
    # Theirs to open, not to change.
    change(browser_of(wen), view, "delete")
    change(browser_of(wen), view, "rename", name="我的")
    view.refresh_from_db()
    assert (view.name, view.deleted_at) == ("岭上待发", None)


def test_a_view_is_deleted_and_brought_back(office, view):
    change(office, view, "delete")
    page = office.get(LIST, {"view": "all"})
    assert page.context["head"]["views"] == []
    assert page.context["head"]["undo"]["name"] == "岭上待发"
    change(office, view, "restore")
    assert office.get(LIST, {"view": "all"}).context["head"]["views"][0]["view"] == view


def test_a_view_is_renamed(office, view):
    change(office, view, "rename", name="今天要发的")
    view.refresh_from_db()
    assert view.name == "今天要发的"
    assert history_of(view).first().before == {"name": "岭上待发"}


def test_a_view_of_others_does_not_exist(browser_of, wen, view):
    for does in ("delete", "rename", "restore", "open_with", "share"):
        assert change(browser_of(wen), view, does).status_code == 404
    page = browser_of(wen).get(LIST, {"view": view.public_id})
    assert page.context["head"]["open"] is None


@pytest.mark.parametrize("name", ["view_zz", "view_" + "0" * 32, "x", "view_" + "g" * 32])
def test_a_view_that_is_none_is_not_found(name, office, order):
    url = reverse("admin:trade_order_view", args=[name])
    assert office.post(url, {"do": "delete"}).status_code == 404
    assert office.get(LIST, {"view": name}).status_code == 200


def test_names_are_needed_and_taken_once(office, view, ops):
    other = save_view(listing="trade.order", name="另一个", query="", by=ops)
    with pytest.raises(DomainError, match=r"view\.taken"):
        rename_view(other, name="岭上待发", by=ops)
    with pytest.raises(DomainError, match=r"view\.no_name"):
        save_view(listing="trade.order", name="  ", query="", by=ops)
    delete_view(view, by=ops)
    rename_view(other, name="岭上待发", by=ops)
    with pytest.raises(DomainError, match=r"view\.taken"):
        restore_view(view, by=ops)


@pytest.mark.parametrize("who", ["chen", "mei", "qiao", "he", "bo", "lin"])
def test_who_has_no_back_office_keeps_no_view(who, request, view):
    by = request.getfixturevalue(who)
    with pytest.raises(Forbidden):
        save_view(listing="trade.order", name="我的", query="", by=by)
    with pytest.raises((Forbidden, NotFound)):
        open_with(view, listing="trade.order", by=by)
    for act in (delete_view, restore_view):
        with pytest.raises(NotFound):
            act(view, by=by)
    with pytest.raises(Forbidden):
        share_view(view, roles=[], by=by)


def test_only_who_may_share_shares(wen):
    with pytest.raises(Forbidden):
        save_view(listing="trade.order", name="给大家", query="", roles=[Role.AUDITOR], by=wen)
    save_view(listing="trade.order", name="给自己", query="", by=wen)


def test_views_cost_one_query(office, ops, order, django_assert_max_num_queries):
    for number in range(8):
        save_view(listing="trade.order", name=f"第{number}个", query="", by=ops)
    office.get(LIST)
    with django_assert_max_num_queries(14):
        office.get(LIST)


def test_columns_of_relations_cost_no_query_a_row(office, mei, shop, django_assert_max_num_queries):
    from django.utils import timezone

    from tests.conftest import make_order

    for number in range(20):
        make_order(mei, shop, f"R{number}", timezone.now())
    office.get(LIST, {"cols": "order_no,shop"})
    with django_assert_max_num_queries(14):
        office.get(LIST, {"cols": "order_no,shop,region"})
