"""Words of one tenant, looked for everywhere by everybody who may not know them: they are found nowhere.

Three canaries: in what Mei, Bo and He wrote; in what Mei bought; in what one person alone was told.
"""

import io
import re
import zipfile

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.actions import merge_identities
from common.ids import public_key
from common.search.indexing import index_changes
from tests.hostile.doors import doors
from tests.rights.asking import ask, url_of
from tests.rights.house import House, build, lookers, undone
from tests.rights.matrix import MATRIX
from tests.rights.test_matrix import DOORS

pytestmark = pytest.mark.django_db

WRITTEN, BOUGHT, TOLD = "金丝雀7Q", "货丝雀8K", "私丝雀9M"
PHONES = ("13912345678", "13800002071")
KEYS = {
    "talk": "cnv", "queued": "cnv", "done": "cnv", "file": "att", "case": "cas", "pending": "cas",
    "other_case": "cas", "edition": "edn",
}  # fmt: skip
LOOKED_FOR = [WRITTEN, "金丝雀", "jinsique", "jsq", "7q", BOUGHT, "货丝雀", TOLD, *PHONES, "周小宁",
              "zhouxiaoning", "M10000001"]  # fmt: skip

# Who looks, and whether what Mei bought is theirs to see: whoever answers looks orders up.
# A partner's agent finds nothing of the house beside the queues of their partner.
LOOKERS = {"stranger": False, "chen": False, "dora": True, "hu": False, "qiao": False, "wen": True,
           "exe": False, "pat": False, "fei": False}  # fmt: skip


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), transaction.atomic():
        built = build(f"{WRITTEN} 电话{PHONES[0]}", BOUGHT, TOLD)
        while index_changes():
            pass
        built.looking = lookers(built)
        yield built
        transaction.set_rollback(True)


def contents(answer) -> str:
    """Return all that an answer says, out of archives too, but for the address that was asked."""
    body = b"".join(answer) if answer.streaming else answer.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"\n".join(archive.read(name) for name in archive.namelist())
    told = body.decode("utf-8", "replace") + str(answer.headers)
    if answer.status_code >= 300:
        # What is not there, and where one goes on after the sign-in, is named as it was asked for.
        told = told.replace(answer.wsgi_request.path, "")
    return told


def requests(house: House):
    """Yield every address that only looks: with ids of ours and of the other tenant, lists, searches."""
    for row in MATRIX.values():
        if row.method == "get" and row.name not in ("front", "components", "radio-feed"):
            for rows in (house.ours.rows | house.ours.personal["mei"],
                         house.ours.rows | house.ours.personal["he"],
                         house.theirs.rows | house.theirs.personal["chen"]):  # fmt: skip
                yield url_of(DOORS[row.name].route, row.name, "get", rows).partition("?")[0]
                yield url_of(DOORS[row.name].route, row.name, "get", rows)
    talk = public_key("cnv", house.ours.rows["talk"])
    for query in (
        f"cases/?conversation={talk}", "cases/?scope=kitchen", "editions/?channel=risk",
        "orders/?member_no=M10000001", "conversations/?scope=queue", "conversations/?scope=team",
        "conversations/?scope=mine", "conversations/?state=resolved", "products/?q=" + BOUGHT,
        f"canned-replies/?conversation={talk}", "parameters/", "notifications/?limit=100",
    ):  # fmt: skip
        yield f"/api/v1/{query}"
    for words in LOOKED_FOR:
        yield f"/api/v1/search/?q={words}&limit=50"
        yield f"/search/?q={words}"
        yield f"/admin/search/?s={words}"
        yield f"/admin/search/?q={words}"


def secrets_for(house: House, sees_orders: bool) -> list[str]:
    """Return what must not be in any answer."""
    rows = house.ours.rows
    found = [WRITTEN, TOLD, *PHONES]
    found += [public_key(prefix, rows[name]) for name, prefix in KEYS.items()]
    return found if sees_orders else [*found, BOUGHT, "周小宁"]


@pytest.mark.parametrize("who", LOOKERS)
def test_nothing_of_ours_is_found_by_who_may_not_know_it(house, who):
    client, forbidden, leaks, asked = house.looking[who], secrets_for(house, LOOKERS[who]), [], 0
    for url in dict.fromkeys(requests(house)):
        with undone():
            answer = client.get(url)
        asked += 1
        # A page repeats the words that were searched for.
        told = (
            re.sub(r"\?[^\s\"'<>]*", "", contents(answer)) if "search" in url else contents(answer)
        )
        # The description's examples are about the same cast: made up, and alike for everybody.
        told_to_all = {"周小宁"} if url.startswith("/api/schema/") else set()
        for secret in forbidden:
            if secret in told_to_all:
                continue
            if secret in told and not ("search" in url and secret in url and no_hit(answer)):
                leaks.append((url, secret))
    assert leaks == []
    assert asked > 150


def test_who_turns_out_to_be_mei_finds_nothing_of_mei_at_work(house):
    """Dora answers members and looks their orders up; Mei's no more, once they are one person."""
    people = {**house.theirs.people, **house.ours.people}
    leaks, forbidden = [], secrets_for(house, sees_orders=False)
    with undone():
        merge_identities(people["mei"].member, people["dora"], by=people["ops"], reason="同一个人")
        for url in dict.fromkeys(requests(house)):
            with undone():
                told = contents(house.looking["dora"].get(url))
            if "search" in url or url.startswith("/api/schema/"):
                continue
            leaks += [(url, secret) for secret in forbidden if secret in told]
    assert leaks == []


def echoes(url: str) -> bool:
    """Tell whether a page has a canary because it was typed there."""
    return any(one in url for one in (WRITTEN, BOUGHT, TOLD))


def no_hit(answer) -> bool:
    """Tell whether a search repeats only what was typed."""
    if "json" in answer.headers.get("Content-Type", ""):
        return not any(group["data"] for group in answer.json().get("data", []))
    return b'class="hit' not in answer.content and b"<mark" not in answer.content


@pytest.mark.parametrize("who", ["mei", "bo", "he", "ops", "aud"])
def test_the_crawl_finds_what_is_there(house, who):
    found = ""
    finds = {WRITTEN, BOUGHT, TOLD} if who in ("mei", "bo") else None
    for url in dict.fromkeys(requests(house)):
        with undone():
            answer = house.looking[who].get(url)
        if answer.status_code == 200 and not echoes(url):
            found += contents(answer)
        if finds and all(one in found for one in finds):
            break  # there is nothing that they must not find
    assert WRITTEN in found
    assert (BOUGHT in found) == (who != "he")
    # What one person was told is read by that person alone, whoever runs the house.
    assert (TOLD in found) == (who in ("mei", "bo", "he"))


def test_what_changed_is_told_to_whom_it_concerns(house):
    talk = public_key("cnv", house.ours.rows["talk"])
    concerned = {}
    for who in (*LOOKERS, "mei", "bo", "ops"):
        if who == "stranger":
            continue
        with undone():
            cursor = house.looking[who].get("/api/v1/changes/").json()["cursor"]
            told = house.looking[who].get(f"/api/v1/changes/?cursor={cursor}").content.decode()
        concerned[who] = talk in told
    assert concerned == dict.fromkeys(LOOKERS.keys() - {"stranger"}, False) | {
        "mei": True, "bo": True, "ops": True,
    }  # fmt: skip


def test_a_feed_tells_its_own_channel(house):
    ours = Client().get(f"/feeds/{house.ours.rows['secret']}/")
    theirs = Client().get(f"/feeds/{house.theirs.rows['secret']}/")
    assert WRITTEN in ours.content.decode()
    assert WRITTEN not in theirs.content.decode()


def test_a_file_is_handed_to_its_conversation_alone(house):
    opened = {}
    for who in (*LOOKERS, "mei", "bo"):
        with undone():
            answer = ask(house.looking[who], DOORS["api-attachment"].route, "api-attachment", "get",
                         house.ours.rows)  # fmt: skip
        opened[who] = WRITTEN in contents(answer)
    assert [who for who, found in opened.items() if found] == ["mei", "bo"]


# --- The back office ------------------------------------------------------------------------------


def back_office(house: House):
    """Yield every page of the back office with a row in it, its lists searched for the canaries."""
    rows = {}
    for model, page in admin.site._registry.items():
        found = page.model._default_manager.order_by("pk").first()
        if found is not None:
            rows[model._meta.label_lower] = [found.pk]
    seen = set()
    for door in doors(rows):
        if door.is_admin and "logout" not in door.url and door.url not in seen:
            seen.add(door.url)
            yield door.url
            if door.name.endswith("_changelist"):
                yield f"{door.url}?q={WRITTEN}"
            if door.name.endswith("_counts"):
                yield f"{door.url}?q={WRITTEN}"
    fields = {
        "tickets.conversation.member",
        "tickets.conversation.order",
        "radio.case.conversation",
    }
    for one in fields:
        app, model, field = one.split(".")
        yield f"/admin/autocomplete/?app_label={app}&model_name={model}&field_name={field}&term={WRITTEN}"


@pytest.mark.parametrize(("who", "canaries"), [("wen", (WRITTEN, TOLD)), ("ops", (TOLD,))])
def test_the_back_office_shows_nobody_more(house, who, canaries):
    leaks, found = [], ""
    for url in back_office(house):
        with undone():
            told = contents(house.looking[who].get(url))
        found += "" if echoes(url) else told
        leaks += [(url, one) for one in canaries if one in told and f"q={one}" not in url]
    assert leaks == []
    assert BOUGHT in found
    assert (WRITTEN in found) == (who == "ops")


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_an_export_holds_what_its_asker_sees(house, file_format, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    url = reverse("admin:trade_order_export")
    given = {"columns": ["order_no", "product"], "file_format": file_format, "reason": "对账"}
    found = {}
    for who in (*LOOKERS, "ops"):
        with undone():
            found[who] = BOUGHT in contents(house.looking[who].post(url, given))
    assert [who for who, is_there in found.items() if is_there] == ["ops"]
