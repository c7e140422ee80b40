"""Markup in every name and every sentence: no page runs it, no policy is broken, no console complains."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.actions import notify
from accounts.models import Member, User
from merchants.models import Merchant, Shop
from radio.models import Case
from tests.browser.desk import png
from tests.browser.pages import wait_for
from tests.hostile.corpus import POLYGLOT, XSS
from tests.hostile.doors import Door, doors
from tests.hostile.schemas import leads_to_its_kind
from tests.hostile.world import World, build
from tickets.actions.conversations import add_note
from tickets.actions.posting import post_message
from tickets.models import Attachment, AuthorKind, Conversation
from trade.models import Order, Product
from workforce.models import Team

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = "<svg onload=alert(1)>"
SHORTEST = "<svg onload=x()>"
MARKS = ("alert(1)", "svg onload")


@pytest.fixture
def world(request: Any, house: Any, settings: Any, tmp_path: Any, team: Team) -> World:
    """A house in which whatever somebody named or said is markup."""
    settings.DATA_DIR = tmp_path
    # What is uploaded here is served there.
    storage = settings.STORAGES["default"]
    media = storage["OPTIONS"] | {"location": str(house.data / "media")}
    settings.STORAGES = settings.STORAGES | {"default": storage | {"OPTIONS": media}}
    world = build(request, SHORT)
    mei, bo = world.people["mei"], world.people["bo"]
    talk = Conversation.objects.get(pk=world.rows["pk"][0])
    for words in XSS:
        post_message(talk, by=mei, author_kind=AuthorKind.MEMBER, body=words)
        post_message(talk, by=bo, author_kind=AuthorKind.AGENT, body=words)
        add_note(talk, body=words, by=bo)
    sender = Client()
    sender.force_login(mei)
    picture = SimpleUploadedFile("x.png", png(), content_type="image/png")
    kept = sender.post(f"/api/v1/conversations/{talk.public_key}/attachments/", {"file": picture})
    # No door lets such a name in; the pages must stand even so.
    Attachment.objects.update(name=POLYGLOT)
    post_message(
        talk,
        by=mei,
        author_kind=AuthorKind.MEMBER,
        kind="image",
        payload={"attachment": kept.json()["id"]},
    )
    User.objects.update(display_name=XSS[1])
    Member.objects.update(display_name=XSS[1], region=SHORT)
    Shop.objects.update(name=XSS[1], category=SHORT)
    Merchant.objects.update(name=XSS[3])
    Product.objects.update(title=XSS[1])
    Order.objects.update(product=XSS[1], category=SHORT)
    Case.objects.update(headline=SHORTEST)
    Team.objects.update(name=XSS[1][:30])
    for name in ("mei", "bo", "sen", "he"):
        notify(
            world.people[name],
            "notification.test",
            title=XSS[1],
            body=POLYGLOT,
            url="/profile/",
            media=[],
        )
    return world


def watched(page: Page) -> list[str]:
    """Collect every dialog that opens, closing it."""
    opened: list[str] = []

    def close(dialog: Any) -> None:
        opened.append(f"{page.url}: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", close)
    return opened


def shows_markup(client: Client, door: Door) -> bool:
    """Tell whether somebody may open a page, and something of it was written by others."""
    answer = client.get(door.url)
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    return (
        answer.status_code == 200
        and is_page
        and not answer.streaming
        and any(one in answer.text for one in MARKS)
    )


def is_wanted(door: Door, rows: Any, *, back_office: bool) -> bool:
    """Tell whether a door is a page of these; of the back office the lists and the forms are enough."""
    if door.is_admin:
        return back_office and door.name.endswith(("_changelist", "_change", "index"))
    is_page = not door.url.startswith("/api/")
    return not back_office and is_page and leads_to_its_kind(door.url, rows)


def pages_of(world: World, who: str, *, back_office: bool) -> list[str]:
    """Return the pages that show the markup to somebody, one of a kind."""
    client = Client(raise_request_exception=False)
    client.force_login(world.people[who])
    found: dict[str, str] = {}
    for door in doors(world.rows):
        if door.route in found or not is_wanted(door, world.rows, back_office=back_office):
            continue
        if shows_markup(client, door):
            found[door.route] = door.url
    return list(found.values())


@pytest.mark.parametrize("who", ["mei", "bo", "sen", "he"])
def test_no_page_runs_what_others_wrote(who, new_page, house, world):
    urls = pages_of(world, who, back_office=False)
    assert urls
    page = new_page(world.people[who])
    opened = watched(page)
    for url in urls:
        page.goto(house.url + url)
        page.wait_for_load_state("networkidle")
        bell = page.locator("[data-bell]")
        if bell.count():
            bell.first.click()
            expect(page.get_by_role("dialog").get_by_text(XSS[1]).first).to_be_visible()
    assert opened == []


def test_no_talk_runs_what_is_said_in_it(new_page, house, world):
    talk = Conversation.objects.get(pk=world.rows["pk"][0])
    member, agent = new_page(world.people["mei"]), new_page(world.people["bo"])
    opened = [watched(member), watched(agent)]
    member.goto(f"{house.url}/me/chat/{talk.public_key}/")
    agent.goto(f"{house.url}/desk/?c={talk.public_key}")
    for page in (member, agent):
        for words in XSS:
            expect(page.locator(".bubble", has_text=words).first).to_be_attached()
    # What comes live is drawn by the script and not by the template.
    for words in XSS:
        agent.locator("#box").fill("live " + words)
        agent.locator("#box").press("Control+Enter")
        expect(member.locator(".bubble", has_text="live " + words)).to_be_attached()
        expect(agent.locator(".bubble", has_text="live " + words)).to_be_attached()
    wait_for(lambda: agent.locator("img[src='x'], svg[onload]").count() == 0, agent)
    assert member.locator("img[src='x'], svg[onload]").count() == 0
    assert opened == [[], []]


def test_no_page_of_the_back_office_runs_what_others_wrote(new_page, house, world):
    urls = pages_of(world, "root", back_office=True)
    lists = {
        reverse(f"admin:{name}_changelist")
        for name in ("accounts_user", "tickets_conversation", "merchants_shop", "radio_case")
    }
    assert lists <= set(urls)
    page = new_page(world.people["root"])
    opened = watched(page)
    for url in urls:
        page.goto(house.url + url, wait_until="load")
        assert page.locator("img[src='x'], svg[onload]").count() == 0, url
    assert opened == []
