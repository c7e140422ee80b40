"""A house in which something of everything exists, for tests that try every door."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.utils import timezone

from accounts.actions import add_endpoint, send_test
from accounts.models import Role, User
from common.chain import anchor_history, check_history
from common.deadlines import set_deadline
from common.models import CalendarDay, Heartbeat
from radio.actions import (
    issue_feed_token,
    lay_out_editions,
    open_channel,
    select_case,
    submit_case,
    subscribe,
)
from radio.models import Edition
from tests.conftest import person
from tickets.actions.conversations import add_note, open_conversation
from tickets.actions.ownership import accept_conversation
from tickets.actions.posting import post_message
from tickets.models import AuthorKind, CannedReply, Disposition


@dataclass
class World:
    """The people by name, and rows by the argument of an address they stand in."""

    people: dict[str, User]
    rows: dict[str, list[Any]] = field(default_factory=dict)


def build(request: Any, text: str = "车厘子坏了一半") -> World:
    """Fill the house; every text that a person can write is ``text``."""
    get = request.getfixturevalue
    names = ("mei", "chen", "bo", "dora", "lin", "sen", "he", "wen", "qiao", "ops")
    people = {name: get(name) for name in names}
    people["auditor"] = person("aud", "严查", Role.AUDITOR)
    people["root"] = User.objects.create_superuser("root", "open-sesame-88")
    mei, bo, sen, ops, he = (people[name] for name in ("mei", "bo", "sen", "ops", "he"))
    now = timezone.now()
    conversation = accept_conversation(
        open_conversation(
            mei.member, by=mei, medium="web", order=get("order"), body=text, subject=text[:100]
        ).conversation,
        by=bo,
    )
    waiting = open_conversation(people["chen"].member, by=people["chen"], medium="app", body=text)
    post_message(conversation, by=bo, author_kind=AuthorKind.AGENT, body=text)
    note = add_note(conversation, body=text, by=bo)
    channel = open_channel(code="fresh", name=text[:30], description=text[:150], by=ops)
    subscribe(channel, by=he)
    case, _made = submit_case(conversation, reason=text, headline=text[:16], quotes=[1], by=bo)
    select_case(case, channels=[channel], headline=text[:16], by=sen)
    other, _made = submit_case(waiting.conversation, reason=text, by=people["lin"])
    lay_out_editions(channel, now=now)
    Edition.objects.filter(channel=channel).update(publish_at=now)
    edition = Edition.objects.filter(items__case=case).first()
    token, secret = issue_feed_token(channel, by=he)
    endpoint, _secret = add_endpoint(
        url="https://hooks.example.com/x", events=["case.merged"], description=text[:90], by=ops
    )
    delivery = send_test(endpoint, by=ops)
    CannedReply.objects.create(shortcut="nh", title=text[:30], body=text, folder="开场")
    Disposition.objects.create(code="solved", name=text[:30])
    CalendarDay.objects.create(day=now.date(), name=text[:30], is_off=False)
    Heartbeat.objects.create(instance="clock here:1", process="clock", at=now)
    set_deadline("conversation.close", conversation, now)
    get("product")
    anchor_history(now)
    check_history(now)
    world = World(people)
    world.rows = {
        "key": [conversation.pk, case.pk, edition.pk, endpoint.pk, token.pk, other.pk],
        "pk": [conversation.pk],
        "delivery": [delivery.pk],
        "code": [channel.code],
        "secret": [secret],
        "member_no": [mei.member.member_no],
        "app_label": ["common", "tickets"],
        "note": [note.pk],
    }
    for model, page in admin.site._registry.items():
        row = page.model._default_manager.order_by("pk").first()
        if row is not None:
            world.rows[model._meta.label_lower] = [row.pk]
    return world
