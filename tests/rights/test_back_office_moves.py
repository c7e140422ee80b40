"""What moves rows in the back office, for who may enter it: forms, actions, saved views, pages of no row.

Everybody else is stopped before any of it: test_back_office_door.
"""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import BooleanField
from django.urls import reverse
from django.utils import timezone

from accounts.models import LegalHold, Member, Role
from common.models import DefaultView, Event, SavedView
from tests.conftest import PASSWORD
from tests.hostile.doors import patterns
from tests.rights.back_office import ACTS, CHANGE, ERRANDS, INSIDE, PAGES, refused
from tests.rights.house import ROLES, undone
from tests.rights.matrix import SEE_ALL, STRANGER, TOKEN
from tests.rights.rows import key_of_a_row
from tests.rights.test_back_office import NOBODYS

pytestmark = pytest.mark.django_db

WHO = [STRANGER, *ROLES, TOKEN]
LISTS = {model._meta.label_lower: page for model, page in admin.site._registry.items()}
OF_ALL = {"changelist", "add", "change", "delete", "history", "act", "counts", "views", "view", "export"}  # fmt: skip


def door(label: str, act: str, *args) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{act}", args=args)


def asks(answer) -> bool:
    """Tell whether an answer is the page on which an action is asked for."""
    return getattr(answer, "template_name", "") == "common/admin/act.html"


# --- The tables are complete ----------------------------------------------------------------------


def test_every_address_of_the_back_office_is_of_a_declared_kind():
    kinds = {f"{label.replace('.', '_')}_{act}" for label in LISTS for act in OF_ALL}
    kinds |= {f"{label.replace('.', '_')}_{act}" for label in ERRANDS for act in ERRANDS[label]}
    named = {pattern.name for route, pattern in patterns() if route.startswith("admin/")}
    assert {name for name in named - kinds if name} == set(PAGES)


def test_every_action_is_declared_and_every_declaration_is_an_action():
    there = {
        label: {act.name for act in getattr(page, "acts", [])} for label, page in LISTS.items()
    }
    assert {label: names for label, names in there.items() if names} == {
        label: set(acts) for label, acts in ACTS.items()
    }


# --- Actions --------------------------------------------------------------------------------------


@pytest.fixture
def hold(house):
    """One member's data is on hold."""
    member = Member.objects.order_by("pk").first()
    return LegalHold.objects.create(
        member=member, ordered_by="法院", placed_by=house.ours.people["ops"]
    )


@pytest.mark.usefixtures("hold")
@pytest.mark.parametrize("label", sorted(ACTS))
def test_an_action_is_asked_and_done_by_who_may_and_by_nobody_else(label, house):
    row, wrong = key_of_a_row(LISTS[label].model), {}
    words = {"step": "do", "reason": "试"}
    for role in INSIDE:
        for name, may in ACTS[label].items():
            client, before = house.client(role), Event.objects.count()
            own_page = door(label, "act", quote(row), name)
            chosen = {"action": name, "_selected_action": str(row), "index": "0"}
            if role in may:
                with undone():
                    answers = client.get(own_page), client.post(door(label, "changelist"), chosen)
                if not all(map(asks, answers)):
                    wrong[f"{role} {name}"] = [answer.status_code for answer in answers]
                continue
            with undone():
                done = client.post(own_page, words)
                nothing = client.post(door(label, "act", NOBODYS, name), words)
                if not refused(done) or done.status_code != nothing.status_code:
                    wrong[f"{role} {name}"] = (done.status_code, nothing.status_code)
                asked = client.get(own_page), client.post(door(label, "changelist"), chosen | words)
                if any(map(asks, asked)):
                    wrong[f"{role} {name}"] = "asked"
                if Event.objects.count() != before:
                    wrong[f"{role} {name}"] = "done"
    assert wrong == {}


# --- Forms ----------------------------------------------------------------------------------------


def filled(page, client, url) -> dict:
    """Return a form as its page shows it, and every other column of the row with something in it."""
    shown = client.get(url).context
    form, given = shown["adminform"].form, {}
    for inline in shown["inline_admin_formsets"]:
        count = inline.formset.management_form
        given |= {count.add_prefix(name): count[name].value() for name in count.fields}
        given |= {f"{count.prefix}-TOTAL_FORMS": 0, f"{count.prefix}-INITIAL_FORMS": 0}
    for name, field in form.fields.items():
        value = form[name].value()
        if value is None and field.required:
            value = "7"
        given[name] = value if isinstance(value, list | tuple) else "" if value is None else value
    for field in page.opts.concrete_fields:
        given.setdefault(field.name, "on" if isinstance(field, BooleanField) else "7")
    return given | {"_save": "1", "is_superuser": "on", "password": "7"}


@pytest.mark.parametrize("label", sorted(LISTS))
def test_a_form_is_posted_by_who_may_and_writes_nothing_it_does_not_show(label, house):
    page = LISTS[label]
    row = key_of_a_row(page.model)
    rows, url, wrong = (
        page.model._default_manager.filter(pk=row),
        door(label, "change", quote(row)),
        {},
    )
    for role in INSIDE:
        client, may = house.client(role), role in CHANGE.get(label, ())
        with undone():
            given = filled(page, client, url) if may else {"_save": "1", "is_active": "on"}
            before = rows.values().get()
            answer = client.post(url, given)
            if rows.values().get() != before:
                wrong[role] = "a column that the form does not show"
        if may != (answer.status_code == 302 and not refused(answer)):
            # Parameters have a page of their own, to which every way leads.
            if label == "common.parameter" and answer.headers.get("Location", "").endswith(
                "/value/"
            ):
                continue
            wrong[role] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("label", sorted(LISTS))
def test_nobody_posts_a_row_into_being_or_away_who_may_not_open_the_form(label, house):
    from tests.rights.test_back_office import may

    page, wrong = LISTS[label], {}
    row = key_of_a_row(page.model)
    for role in INSIDE:
        client, before = house.client(role), page.model._default_manager.count()
        for act in ("add", "delete"):
            if role in may(label, act):
                continue
            with undone():
                url = door(label, act, *([quote(row)] if act == "delete" else []))
                answer = client.post(url, {"post": "yes"})
                gone = page.model._default_manager.count() != before
            if gone or not refused(answer):
                wrong[f"{role} {act}"] = answer.status_code
    assert wrong == {}


# --- Saved views ----------------------------------------------------------------------------------

LIST = "tickets.conversation"
DOES = {
    "rename": {"name": "新名"},
    "share": {"roles": "auditor"},
    "delete": {},
    "restore": {},
    "open_with": {},
}


@pytest.fixture
def shared(house):
    """A view of somebody else that everybody of the office is shown."""
    return SavedView.objects.create(
        listing=LIST, name="大家的", query="", owner=house.ours.people["root"],
        roles=[Role.OPERATIONS, Role.AUDITOR], made_at=timezone.now(),
    )  # fmt: skip


def state_of(view: str) -> tuple:
    row = SavedView.objects.get(pk=view.removeprefix("view_"))
    return row.name, row.roles, row.deleted_at, DefaultView.objects.filter(view=row).count()


@pytest.mark.parametrize("does", DOES)
def test_a_saved_view_is_changed_by_its_owner_alone(does, house, shared):
    wrong = {}
    foreign, nobodys = house.theirs.personal["hu"]["view"], "view_" + "0" * 32
    for role in INSIDE:
        client, own = house.client(role), house.own(role)["view"]

        def changed(view, client=client):
            with undone():
                before = state_of(view)
                answer = client.post(door(LIST, "view", view), {"do": does} | DOES[does])
                return answer, state_of(view) != before

        sees = role in SEE_ALL
        shares = does == "share" and role != "operations"
        answer, moved = changed(own)
        # What was not deleted need not be brought back.
        if moved != (sees and not shares and does != "restore") or sees == refused(answer):
            wrong[f"{role}, own"] = answer.status_code
        answer, moved = changed(foreign)
        nothing = client.post(door(LIST, "view", nobodys), {"do": does} | DOES[does])
        if moved or not refused(answer) or answer.status_code != nothing.status_code:
            wrong[f"{role}, foreign"] = answer.status_code
        answer, moved = changed(shared.public_id)
        if moved != (sees and does == "open_with"):
            wrong[f"{role}, shared"] = answer.status_code
        # A view of one list is nothing on another one.
        with undone():
            elsewhere = client.post(door("trade.order", "view", own), {"do": does} | DOES[does])
        if not refused(elsewhere):
            wrong[f"{role}, another list"] = elsewhere.status_code
    assert wrong == {}


def test_a_view_is_kept_by_who_sees_the_list_and_shared_by_operations(house):
    kept = {}
    for role in INSIDE:
        for roles in ([], ["auditor"]):
            with undone():
                before = SavedView.objects.count()
                given = {"name": "夜里的", "query": "", "roles": roles}
                house.client(role).post(door(LIST, "views"), given)
                if SavedView.objects.count() > before:
                    kept.setdefault(role, []).append(bool(roles))
    assert kept == {"operations": [False, True], "auditor": [False]}


# --- Pages of no row ------------------------------------------------------------------------------

QUERY = {
    "search": "?q=车厘子",
    "autocomplete": "?app_label=tickets&model_name=conversation&field_name=member&term=周",
}
ARGS = {
    "app_list": ["accounts"], "common_parameter_value": ["api.page_rows"], "view_on_site": ["1", "1"],
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_no_row_is_shown_to_whom_it_says(name, house):
    url = reverse(f"admin:{name}", args=ARGS.get(name, [])) + QUERY.get(name, "")
    shown = {role for role in WHO if house.client(role).get(url).status_code == 200}
    assert shown == set(PAGES[name])


def test_a_password_is_changed_on_ones_own_page_alone(house):
    ops, new = house.ours.people["ops"], "another-word-99"
    given = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    with undone():
        answer = house.client("operations").post(reverse("admin:password_change"), given)
        ops.refresh_from_db()
        assert (answer.url, ops.check_password(PASSWORD)) == (reverse("profile"), True)
