"""Every list of the back office, for who may enter it: looked at, counted, exported, added to, deleted from.

Everybody else is stopped before any of it: test_back_office_door.
"""

from unittest import mock

import pytest
from django.contrib import admin
from django.template.response import SimpleTemplateResponse
from django.test import RequestFactory
from django.urls import reverse

from tests.rights.back_office import ADD, DELETE, EXPORT, INSIDE, VIEW, VIEW_OF
from tests.rights.house import undone
from tests.rights.rows import key_of_a_row

pytestmark = pytest.mark.django_db

PAGES = {model._meta.label_lower: page for model, page in admin.site._registry.items()}
NOBODYS = "01900000-0000-7000-8000-00000000dead"


def may(label: str, act: str):
    """Return who may do ``act`` on the rows of a list."""
    see = VIEW_OF.get(label, VIEW[label.partition(".")[0]])
    return {
        "changelist": see, "counts": see, "export": see & EXPORT,
        "add": ADD.get(label, frozenset()), "delete": DELETE.get(label, frozenset()),
    }[act]  # fmt: skip


def test_every_list_is_declared_and_every_declaration_has_a_list():
    assert {label.partition(".")[0] for label in PAGES} == set(VIEW)
    assert {*VIEW_OF, *ADD, *DELETE} - set(PAGES) == set()


def rows_of(page, person):
    """Return the rows of a list as ``person`` sees it."""
    request = RequestFactory().get("/")
    request.user = person
    return page.get_queryset(request)


@pytest.fixture(autouse=True)
def unwritten():
    """Who is let in is decided before a page is written out; that it can be is tests/admin/test_pages.py's."""
    with mock.patch.object(SimpleTemplateResponse, "rendered_content", ""):
        yield


@pytest.mark.parametrize("label", sorted(PAGES))
def test_everybody_does_what_the_rule_says(label, house):
    page, wrong = PAGES[label], {}
    stem = label.replace(".", "_")
    has_doors = hasattr(page, "counts_view")
    acts = ["changelist", "add", "delete", *(["counts", "export"] if has_doors else [])]
    row = key_of_a_row(page.model)
    for role in INSIDE:
        for act in acts:
            url = reverse(f"admin:{stem}_{act}", args=[row] if act == "delete" else [])
            with undone():
                status = house.client(role).get(url).status_code
            if (status == 200) != (role in may(label, act)):
                wrong[f"{role} {act}"] = status
    assert wrong == {}


@pytest.mark.parametrize("label", sorted(PAGES))
def test_a_row_is_opened_by_who_may_look_and_nothing_is_told_to_others(label, house):
    page = PAGES[label]
    row = key_of_a_row(page.model)
    stem, see, wrong = label.replace(".", "_"), may(label, "changelist"), {}
    for role in INSIDE:
        for act in ("change", "history"):
            with undone():
                there = house.client(role).get(reverse(f"admin:{stem}_{act}", args=[row]))
            # Of private channels those on their list see the rows, and who runs the radio.
            if role in see and not rows_of(page, house.person(role)).filter(pk=row):
                if there.status_code == 200:
                    wrong[f"{role} {act}"] = "a row that is not in the list"
                continue
            if role in see and there.status_code not in (200, 302):
                wrong[f"{role} {act}"] = there.status_code
            if role not in see:
                with undone():
                    nothing = house.client(role).get(reverse(f"admin:{stem}_{act}", args=[NOBODYS]))
                # Who has no right is told the same about anything.
                if there.status_code != nothing.status_code or there.status_code == 200:
                    wrong[f"{role} {act}"] = (there.status_code, nothing.status_code)
    assert wrong == {}
