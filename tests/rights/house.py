"""Two tenants who have nothing to do with each other, one of a partner, and one person of every role.

Mei, Bo's team, the listeners of the private channel ``risk`` are the one; Chen, Dora's team and the
listeners of ``vault`` the other. Pat's team belongs to a service partner, with a member Fei of its
own: for Pat that is the one, and the other is Chen's. Everybody also has things that are theirs
alone: a phone, a browser, a notification, a webhook. ``Side.rows`` names what stands in an address
or a body; the same name
means the same kind of thing on either side, so that one side's request can be sent with the other's.
"""

import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.actions import add_endpoint, ask_about_data, issue_integration_token, notify
from accounts.actions import send_test as send_test_event
from accounts.actions.notice_targets import register_device
from accounts.models import (
    Member,
    Passkey,
    PushSubscription,
    RequestKind,
    Role,
    Tier,
    User,
    WebSession,
)
from accounts.models.notifications import secret_hash
from accounts.scopes import SCOPES
from apass.models import ManagerAssignment, Membership, MembershipState, Origin
from common import calendars, parameters
from common.models import SavedView
from common.parameters import set_value
from merchants.models import Merchant, Shop
from radio.actions import lay_out_editions, open_channel, select_case, submit_case
from radio.actions.feeds import hash_of
from radio.models import Channel, Edition, FeedToken
from tests.accounts.test_devices import device_of
from tests.conftest import at_the_desk, make_order, make_product, member, person
from tickets.actions.attachments import upload_attachment
from tickets.actions.conversations import add_note, open_conversation, resolve_conversation
from tickets.actions.ownership import accept_conversation
from tickets.actions.posting import post_message
from tickets.models import (
    AuthorKind,
    CannedReply,
    CaseState,
    ContactBlock,
    Conversation,
    Disposition,
    End,
    Grade,
    Ground,
    HarassmentCase,
    MessageKind,
)
from workforce.actions import add_partner, give_team, join_partner, join_team
from workforce.models import Team

ROLES = {
    # role: who plays it. Those in front of the house first.
    "member": "mei",
    "merchant_staff": "qiao",
    "agent": "bo",
    "senior": "sen",
    "lead": "lin",
    "partner_agent": "pat",
    "account_manager": "wen",
    "business": "he",
    "operations": "ops",
    "auditor": "aud",
    "executive": "exe",
}
_numbers = itertools.count(1)


@dataclass
class Side:
    """One tenant: its people by name, and rows by the name under which a request asks for them."""

    people: dict[str, User] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    # What belongs to one person alone, by username.
    personal: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class House:
    """Both tenants, and a client for each role that is signed in."""

    ours: Side
    theirs: Side
    partners: Side
    token: str
    clients: dict[str, Client] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def sign_in(self) -> None:
        """Sign everybody in, before anything that is undone."""
        for role in ROLES:
            self.clients[role] = Client(raise_request_exception=False)
            self.clients[role].force_login(self.person(role))
            self.cookies[role] = self.clients[role].cookies.output()
        self.clients["stranger"] = Client(raise_request_exception=False)
        self.clients["token"] = Client(
            raise_request_exception=False, headers={"Authorization": f"Bearer {self.token}"}
        )

    def person(self, role: str) -> User:
        """Return who plays ``role``."""
        return self.side(role).people[ROLES[role]]

    def side(self, role: str) -> Side:
        """Return the tenant of ``role``."""
        return self.partners if role == "partner_agent" else self.ours

    def client(self, role: str) -> Client:
        """Return the browser of a role, the system with a token, or a stranger's browser."""
        client = self.clients[role]
        client.cookies = SimpleCookie()
        client.cookies.load(self.cookies.get(role, "").removeprefix("Set-Cookie: "))
        return client

    def own(self, role: str) -> dict[str, Any]:
        """Return the rows of the tenant of ``role``, and what is that person's own."""
        name = ROLES["agent" if role == "token" else role] if role != "stranger" else "mei"
        side = self.side(role)
        return side.rows | side.personal[name]

    def foreign(self, role: str) -> dict[str, Any]:
        """Return the rows of the other tenant, and what is another person's own."""
        name = "chen" if role in ("member", "stranger") else "hu"
        return self.theirs.rows | self.theirs.personal[name]


def nobodys(rows: dict[str, Any]) -> dict[str, Any]:
    """Return names of the same shape that belong to nothing."""
    return {
        name: uuid4()
        if isinstance(value, UUID)
        else value
        if isinstance(value, int)
        else "nobody-" + uuid4().hex[:8]
        for name, value in rows.items()
    }


def lookers(house: "House") -> dict[str, Client]:
    """Return a client for everybody of both sides, by name, and for a stranger."""
    clients = {"stranger": Client()}
    for one in {**house.theirs.people, **house.partners.people, **house.ours.people}.values():
        clients[one.username] = Client(raise_request_exception=False)
        clients[one.username].force_login(one)
    return clients


@contextmanager
def undone() -> Iterator[None]:
    """Let nothing stay of what happens inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def build(text: str = "车厘子坏了一半", bought: str = "车厘子", told: str = "有人登录") -> House:
    """Fill the house.

    ``text`` is in everything our tenant wrote, ``bought`` in what Mei ordered, ``told`` in what was
    said to one person of ours alone; the other tenant's words are plain ones.
    """
    for name in ("reads", "writes", "strangers"):
        set_value(f"api.{name}_a_minute", 1_000_000, by=None, reason="测试")
    # One house serves a whole file of tests, and what was said in it is taken back at their end.
    set_value("chat.recall_window", timedelta(hours=1), by=None, reason="测试")
    parameters.forget()
    calendars.forget()
    ours, theirs, partners = Side(), Side(), Side()
    ops = person("ops", "白露", Role.OPERATIONS)
    Team.objects.filter(is_default=True).update(is_default=False)
    Disposition.objects.get_or_create(code="solved", defaults={"name": "已解决"})
    CannedReply.objects.create(shortcut="hi", title="问好", body="您好")
    shared = {
        "ops": ops,
        "wen": person("wen", "方舟", Role.ACCOUNT_MANAGER),
        "aud": person("aud", "严查", Role.AUDITOR),
        "exe": person("exe", "顾总", Role.EXECUTIVE),
        "root": User.objects.create_superuser("root", "open-sesame-88"),
    }
    _people(ours, ("mei", "周小宁", "M10000001", "13800002071"), "fresh", ("bo", "许青禾"), "he")
    _people(
        theirs, ("chen", "陈外人", "M10000003", "13700001234"), "jewelry", ("dora", "顾晨"), "hu"
    )
    _people(
        partners, ("fei", "费小满", "M10000005", "13700005678"), "helpers", ("pat", "派特"), "yu",
        role=Role.PARTNER_AGENT,
    )  # fmt: skip
    team = Team.objects.get(code="fresh")
    ours.people |= shared | {
        "sen": at_the_desk(person("sen", "姜半夏", Role.SENIOR), team),
        "lin": at_the_desk(person("lin", "陆遥", Role.LEAD), team, is_lead=True),
        "qiao": person("qiao", "乔木", Role.MERCHANT_STAFF),
    }
    theirs.people["screener"] = person("dan", "沈丹", Role.SENIOR)
    _fill(ours, ops, text, bought, "risk")
    _fill(theirs, ops, "戒指的钻掉了", "钻戒", "vault")
    _fill(partners, ops, "洗衣机不转了", "洗衣机", "appliance")
    ours_alone = {ours.rows[name] for name in ("member", "agent", "listener")}
    _apass_of(ours.people["mei"].member, named=(ours.people["bo"], ours.people["lin"]))
    for side in (ours, theirs, partners):
        for one in side.people.values():
            said = (text, told) if one.username in ours_alone else ("平常的话", "平常的事")
            side.personal[one.username] = _own_things(one, *said, side)
    _token, secret = issue_integration_token(
        ours.people["bo"], name="试", scopes=list(SCOPES), by=None, reason="试",
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    house = House(ours, theirs, partners, secret)
    house.sign_in()
    return house


def _people(
    side: Side,
    buyer: tuple[str, str, str, str],
    code: str,
    agent: tuple[str, str],
    listener: str,
    role: str = Role.AGENT,
) -> None:
    username, name, member_no, phone = buyer
    user = person(username, name, Role.MEMBER)
    member(user, member_no, Tier.NORMAL, phone)
    team = Team.objects.create(code=code, name=f"{code} 组", is_default=code == "fresh")
    side.people = {
        username: user,
        agent[0]: at_the_desk(person(*agent, role), team),
        listener: person(listener, f"业务 {listener}", Role.BUSINESS),
    }
    if role == Role.PARTNER_AGENT:
        partner = add_partner(f"sp-{code}", "好帮手服务", by=None)
        join_partner(partner, side.people[agent[0]], by=None, reason="入驻")
        give_team(team, partner, by=None, reason="入驻")
        join_team(team, side.people[agent[0]], by=None)
    side.rows |= {"member_no": member_no, "team": code, "member": username, "listener": listener}
    side.rows |= {"agent": agent[0], "colleague": side.people[agent[0]].public_id}


def _fill(side: Side, ops: User, text: str, bought: str, code: str) -> None:
    """Give a tenant an order, three talks, and a story in a private channel."""
    rows, now = side.rows, timezone.now()
    user, agent = side.people[rows["member"]], side.people[rows["agent"]]
    number = next(_numbers)
    merchant = Merchant.objects.create(merchant_no=f"B{number}", name=f"商家{number}")
    shop = Shop.objects.create(
        shop_no=f"S{number}", name=f"店铺{number}", merchant=merchant, category="生鲜"
    )
    order = make_order(user, shop, f"26112003417{number:05}", now, product=bought)
    other = make_order(user, shop, f"26112003418{number:05}", now, product=bought)
    product = make_product(shop, f"G{number}", f"货{number}")
    queued = _talk(user, text, order=order)
    Conversation.objects.filter(pk=queued.pk).update(team=_team(side))
    talk = _talk(user, text, subject=text[:60])
    Conversation.objects.filter(pk=talk.pk).update(team=_team(side))
    talk = accept_conversation(talk, by=agent)
    done = _talk(user, text, order=other)
    Conversation.objects.filter(pk=done.pk).update(team=_team(side))
    done = accept_conversation(done, by=agent)
    resolve_conversation(done, disposition="solved", note=text[:60], by=agent)
    post_message(talk, by=agent, author_kind=AuthorKind.AGENT, body=text)
    note = add_note(talk, body=text, by=agent)
    file = upload_attachment(
        talk, source=io.BytesIO(text.encode()), name=f"{text[:20]}.txt", by=user
    )
    post_message(
        talk, by=user, author_kind=AuthorKind.MEMBER, kind=MessageKind.FILE,
        payload={"attachment": file.public_key},
    )  # fmt: skip
    harassed = _harassment(done, agent, ops, text)
    channel = open_channel(
        code=code, name=text[:30], description=text[:90], is_private=True,
        people=[side.people[rows["listener"]]], by=ops,
    )  # fmt: skip
    case, _made = submit_case(talk, reason=text, headline=text[:16], quotes=[1], by=agent)
    select_case(case, channels=[channel], headline=text[:16], by=ops)
    pending, _made = submit_case(queued, reason=text, headline=text[:16], quotes=[1], by=agent)
    mergeable, _made = submit_case(done, reason=text, headline=text[:16], by=agent)
    lay_out_editions(channel, now=now)
    Edition.objects.filter(channel=channel).update(publish_at=now)
    edition = Edition.objects.get(items__case=case)
    rows |= {
        "talk": talk.pk, "queued": queued.pk, "done": done.pk, "note": note.pk, "file": file.pk,
        "order_no": order.order_no, "shop_no": shop.shop_no, "product_no": product.product_no,
        "channel": channel.code, "edition": edition.pk, "case": case.pk, "pending": pending.pk,
        "marked": harassed["marked"], "harassed": harassed["harassed"], "block": harassed["block"],
        "other_case": mergeable.pk, "seq": 1, "edition_day": str(edition.day),
    }  # fmt: skip
    secret = f"feed-of-{code}"
    FeedToken.objects.create(
        user=side.people[rows["listener"]], channel=channel, token_hash=hash_of(secret)
    )
    rows["secret"] = secret


def _harassment(talk: Conversation, agent: User, ops: User, text: str) -> dict[str, Any]:
    """Give a tenant a case that waits for a second person, and a block that is over."""
    now, ground = timezone.now(), Ground.THREAT
    about = {
        "member": talk.member, "conversation": talk, "grade": Grade.END, "ground": ground,
        "quoted_seqs": [1], "reason": text, "marked_by": agent, "marked_at": now,
    }  # fmt: skip
    marked = HarassmentCase.objects.create(**about)
    harassed = HarassmentCase.objects.create(
        **about, state=CaseState.ENDED, decided_by=ops, decided_at=now, decision_reason=text,
        has_request=False, rest_until=now + timedelta(days=1),
    )  # fmt: skip
    block = ContactBlock.objects.create(
        case=harassed, member=talk.member, since=now - timedelta(days=1), until=now,
        text_only=True, slow_seconds=30, no_new=True, ended_at=now, ended_why=End.EXPIRED,
    )  # fmt: skip
    return {"marked": marked.pk, "harassed": harassed.pk, "block": block.pk}


def _team(side: Side) -> Team:
    return Team.objects.get(code=side.rows["team"])


def _talk(user: User, text: str, **fields: Any) -> Conversation:
    opened = open_conversation(user.member, by=user, medium="web", body=text, **fields)
    return opened.conversation


def _apass_of(buyer: Member, named: tuple[User, User]) -> None:
    """Make a buyer one of APASS, without the title: their tier stays."""
    now = timezone.now()
    Membership.objects.create(
        member=buyer, state=MembershipState.ACTIVE, since=now, due_at=now + timedelta(days=335),
        origin=Origin.LIST, figures_at=now, made_at=now, invited_at=now, activated_at=now, term=1,
        term_began_at=now, term_ends_at=now + timedelta(days=365),
    )  # fmt: skip
    manager, deputy = named
    ManagerAssignment.objects.create(member=buyer, manager=manager, deputy=deputy, since=now)


def _own_things(one: User, text: str, told_text: str, side: Side) -> dict[str, Any]:
    """Give one person one of everything that only they may see."""
    number = next(_numbers)
    device = device_of(one).device
    browser = PushSubscription.objects.create(
        person=one, endpoint=f"https://fcm.googleapis.com/{number}", label="Chromium",
        endpoint_hash=secret_hash(f"https://fcm.googleapis.com/{number}"), p256dh="x", auth="y",
    )  # fmt: skip
    phone = register_device(one, platform="ios", token=f"token {number}", label="iPhone")
    told = notify(one, "sign_in.new_device", title=told_text, body=told_text, url="/profile/")
    passkey = Passkey.objects.create(
        user=one, name=text[:30], credential_id=str(number).encode(), credential=b"x"
    )
    session = WebSession.objects.create(user=one, key_hash=f"{number:040}")
    view = SavedView.objects.create(
        listing="tickets.conversation", name=text[:30], query="", owner=one, made_at=timezone.now()
    )
    feed, _made = FeedToken.objects.get_or_create(
        user=one, channel=_channel_of(side), defaults={"token_hash": hash_of(f"{number}")}
    )
    things = {
        "device": device.pk, "browser": browser.pk, "phone": phone.pk, "notice": told.pk,
        "passkey": passkey.pk, "session": session.pk, "view": view.public_id,
        "feed": feed.pk,
        # Who may have no webhook asks for somebody else's.
        "webhook": uuid4(), "delivery": uuid4(), "data_request": uuid4(),
    }  # fmt: skip
    if one.can("webhooks.use"):
        endpoint, _secret = add_endpoint(
            url=f"https://hooks.example.com/{number}", events=["case.merged"],
            description=text[:90], by=one,
        )  # fmt: skip
        delivery = send_test_event(endpoint, by=one)
        things |= {"webhook": endpoint.pk, "delivery": delivery.pk}
    if buyer := Member.objects.filter(user=one).first():
        asked, _made = ask_about_data(
            buyer, RequestKind.CORRECTION, by=one, field="name", wish=text[:60]
        )
        things["data_request"] = asked.pk
    return things


def _channel_of(side: Side) -> Channel:
    return Edition.objects.get(pk=side.rows["edition"]).channel
