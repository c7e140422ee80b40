"""Words of one tenant after something moved: who has lost a thing finds it nowhere, in no list and no index."""

import io

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.actions import ask_about_data, cancel_request, correct_data
from accounts.models import PersonalDataRequest, RequestKind
from common.ids import public_key
from common.search.indexing import index_changes
from merchants.models import Shop
from tests.rights.house import House, build, lookers, undone
from tests.rights.test_canary import contents, no_hit, requests
from tickets.actions.attachments import upload_attachment
from tickets.actions.conversations import add_note
from tickets.actions.ownership import transfer_conversation
from tickets.actions.posting import post_message
from tickets.models import AuthorKind, Conversation, MessageKind
from workforce.actions import join_team, leave_team
from workforce.models import Team

pytestmark = pytest.mark.django_db

SAID, NOTED, NAMED, WRITTEN = "夜莺3P", "画眉5R", "云雀6T", "黄鹂8V"
# The same for everybody, examples about the cast in it.
FOR_ALL = {reverse("api-schema"), reverse("api-docs")}


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        built = build(WRITTEN, "白米", "平常的事")
        built.looking = lookers(built)
        yield built
        transaction.set_rollback(True)


@pytest.fixture
def talk(house) -> Conversation:
    """Bo's talk with Mei, in which each canary was put once."""
    ours = house.ours
    talk = Conversation.objects.get(pk=ours.rows["talk"])
    mei, bo = ours.people["mei"], ours.people["bo"]
    post_message(talk, by=mei, author_kind=AuthorKind.MEMBER, body=SAID)
    add_note(talk, body=NOTED, by=bo)
    file = upload_attachment(talk, source=io.BytesIO(b"x"), name=f"{NAMED}.txt", by=mei)
    post_message(
        talk, by=mei, author_kind=AuthorKind.MEMBER, kind=MessageKind.FILE,
        payload={"attachment": file.public_key},
    )  # fmt: skip
    house.file = reverse("api-attachment", args=[file.pk])
    return talk


def index() -> None:
    while index_changes():
        pass


def found(house: House, who: str, *words: str) -> set[str]:
    """Return which of ``words`` somebody comes upon: in lists, on pages, in feeds, by searching for them."""
    client, come_upon = house.looking[who], set()
    searches = {
        f"{where}{word}": word
        for word in words
        for where in ("/api/v1/search/?q=", "/search/?q=", "/admin/search/?s=")
    }
    lists = [url for url in requests(house) if "search" not in url and url not in FOR_ALL]
    for url in dict.fromkeys([*lists, "/admin/tickets/conversation/", *searches]):
        with undone():
            answer = client.get(url)
        if answer.status_code >= 300:
            continue
        if url in searches:
            come_upon |= set() if no_hit(answer) else {searches[url]}
        else:
            told = contents(answer)
            come_upon |= {word for word in words if word in told}
    return come_upon


def opens(house: House, who: str) -> bool:
    with undone():
        answer = house.looking[who].get(house.file)
        return answer.status_code == 200 and b"".join(answer) == b"x"


def test_what_is_handed_to_another_team_is_lost_to_the_first(house, talk):
    words = (SAID, NOTED, NAMED)
    index()
    everything = set(words)
    assert found(house, "sen", *words) == everything
    assert found(house, "dora", *words) == set()
    assert (opens(house, "sen"), opens(house, "dora")) == (True, False)
    theirs = Team.objects.get(code=house.theirs.rows["team"])
    transfer_conversation(talk, team=theirs, note="请接", by=house.ours.people["bo"])
    index()
    assert found(house, "sen", *words) == found(house, "lin", *words) == set()
    assert found(house, "dora", *words) == everything
    assert (opens(house, "sen"), opens(house, "dora")) == (False, True)
    for who in ("stranger", "chen", "hu", "wen"):
        assert found(house, who, *words) == set(), who


def test_who_moves_to_another_team_takes_nothing_along(house):
    ours, theirs = (Team.objects.get(code=side.rows["team"]) for side in (house.ours, house.theirs))
    sen, ops = house.ours.people["sen"], house.ours.people["ops"]
    key = public_key("cnv", house.ours.rows["talk"])
    index()
    with undone():
        cursor = house.looking["sen"].get("/api/v1/changes/").json()["cursor"]
    assert WRITTEN in found(house, "sen", WRITTEN, key)
    leave_team(ours, sen, by=ops)
    join_team(theirs, sen, is_lead=False, by=ops)
    assert key not in found(house, "sen", WRITTEN, key)
    with undone():
        told = house.looking["sen"].get(f"/api/v1/changes/?cursor={cursor}").content.decode()
    assert WRITTEN not in told


def test_a_shop_is_found_by_the_name_it_has_and_by_staff_alone(house):
    shop = Shop.objects.get(shop_no=house.ours.rows["shop_no"])
    old = shop.name
    shop.name = WRITTEN + "铺"
    shop.save(update_fields=["name"])
    index()
    for who in ("stranger", "chen", "hu", "qiao", "exe", "dora", "wen"):
        with undone():
            hit, missed = (
                house.looking[who].get(f"/api/v1/search/?q={name}").content.decode()
                for name in (shop.name, old)
            )
        assert (shop.shop_no in hit) == (who in ("dora", "wen")), who
        assert shop.shop_no not in missed, who
    # Its name tells nobody who bought there, or what.
    for who in ("chen", "hu"):
        assert found(house, who, house.ours.rows["order_no"], "白米") == set(), who


def test_a_corrected_name_takes_the_old_one_s_place_and_is_told_to_nobody_more(house):
    ours, new = house.ours, "夜归人"
    mei, ops = ours.people["mei"], ours.people["ops"]
    # One correction at a time: the house has one that runs.
    running = PersonalDataRequest.objects.get(pk=ours.personal["mei"]["data_request"])
    cancel_request(running, by=mei)
    asked, _made = ask_about_data(
        mei.member, RequestKind.CORRECTION, by=mei, field="name", wish=new
    )
    correct_data(asked, by=ops, reason="看过证件")
    index()
    assert found(house, "bo", new, "周小宁") == {new}
    for who in ("stranger", "chen", "hu", "wen"):
        assert found(house, who, new, "周小宁") == set(), who
    # Who answers looks members up by the name they have, and is shown it masked.
    assert found(house, "dora", new, "周小宁") == {new}
    with undone():
        assert new in house.looking["mei"].get("/api/v1/me/").content.decode()
        for url in ("/api/v1/members/", f"/api/v1/search/?q={new}"):
            assert new not in house.looking["dora"].get(url).content.decode()
