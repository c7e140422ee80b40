"""Members of whom every store holds something, and the copies they ask for."""

import io
import zipfile
from datetime import timedelta

from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from accounts.actions import (
    ask_about_data,
    copies,
    hold_totals,
    look_again,
    merge_identities,
    reveal,
)
from accounts.models import Member, PersonalDataRequest
from accounts.tasks import work_on_request
from apass.actions import redeem
from apass.entitlements.defaults import make_default_packages
from apass.models import Membership, MembershipState, Origin
from merchants.actions import RatingDraft
from merchants.models import (
    Gesture,
    ReviewComplaint,
    ReviewerAppeal,
    ReviewerFlag,
    Rule,
    RuleVersion,
    RuleVote,
)
from radio.actions import submit_case
from tests.conftest import make_order
from tests.merchants.casts_ratings import rate
from tests.tickets.blocks import blocked
from tests.tickets.casts import answered
from tests.trade.test_refunds import make_refund
from tickets.actions.appeals import file_appeal
from tickets.actions.posting import post_message
from tickets.actions.recall import recall_message
from tickets.models import Attachment, ContactBlock, Conversation, HarassmentCase, Note
from trade.actions import rate_order


def canary(word: str) -> str:
    """A text of one member that no text of another holds."""
    return f"金丝雀{word}"


def fill(member, team, agent, shop, word) -> Conversation:
    """Put something of ``member`` into every store."""
    mark = canary(word)
    order = make_order(member, shop, f"26112003417{word}", timezone.now(), product=mark)
    talk = answered(member.member, team, agent, subject=mark, order=order)
    post_message(
        talk, by=member, author_kind="member", body=f"{mark} 我的号码{member.member.phone}"
    )
    post_message(talk, by=agent, author_kind="agent", body=f"{mark} 收到")
    gone = post_message(talk, by=member, author_kind="member", body=f"{mark} 撤回的")
    recall_message(talk, gone.seq, by=member)
    Note.objects.create(
        conversation=talk, after_seq=1, author=agent, body=f"{mark} 备注", written_at=timezone.now()
    )
    file = Attachment(
        conversation=talk,
        uploaded_by=member,
        uploaded_at=timezone.now(),
        name=f"{mark}.txt",
        kind="file",
        content_type="text/plain",
        size=9,
        sha256="0" * 64,
    )
    file.file.save("x", ContentFile(f"{mark} 文件".encode()), save=False)
    file.save()
    post_message(
        talk, by=member, author_kind="member", kind="file", payload={"attachment": str(file.pk)}
    )
    submit_case(talk, reason=f"{mark} 值得听", by=agent, quotes=[1])
    reveal(member.member, "phone", by=agent, reason=f"{mark} 回电")
    return talk


def fill_the_rest(member, talk, lead, ops, word) -> None:
    """Put something of ``member`` into what not everybody has: standing, uses, refunds, limits, joins."""
    now, buyer, agent = timezone.now(), member.member, talk.owner
    make_default_packages(apps)
    hold_totals()
    look_again([buyer.pk], now=now, why="asked")
    make_refund(talk.order, f"R{word}", reason=f"{canary(word)} 坏了一半")
    redeem(
        buyer, "quick-refund", subject_key=canary(word), key=word, by=agent, reason="退", now=now
    )
    Membership.objects.create(
        member=buyer, state=MembershipState.LAPSED, since=now, origin=Origin.LIST, figures_at=now,
        made_at=now, invited_at=now, activated_at=now, ended_at=now, term=1,
    )  # fmt: skip
    rude = answered(buyer, talk.team, agent)
    block = blocked(rude, agent, lead, now=now)
    file_appeal(block, text=f"{canary(word)} 冤枉", by=member)
    complained_about(buyer, talk.order, canary(word), ops)
    other = Member.objects.create(
        member_no=f"M2{word}", display_name="同一个人", registered_at=buyer.registered_at
    )
    merge_identities(buyer, other, by=ops, reason="电话核对过")
    rate_order(
        talk.order,
        RatingDraft(desc_match=5, grade=1, comment=f"{canary(word)} 收到了"),
        by=member,
    )
    Gesture.objects.create(
        shop=talk.order.shop, member=buyer, order_no=talk.order.order_no, kind="gift", amount=5,
        words=f"{canary(word)} 来晚了", month=now.date().replace(day=1), offered_at=now,
        offered_by=ops, holds_until=now + timedelta(days=3),
    )  # fmt: skip
    merchant = talk.order.shop.merchant
    rule = Rule.objects.create(code=f"rule-{word}", family="trade", title="规则")
    version = RuleVersion.objects.create(rule=rule, number=1, text="规则", drafted_by=ops)
    RuleVote.objects.create(
        version=version,
        merchant=merchant,
        choice="against",
        comment=canary(word),
        by=member,
        at=now,
    )
    assert HarassmentCase.objects.get(member=buyer).decided_by == lead
    assert ContactBlock.objects.filter(member=buyer).count() == 1


def complained_about(buyer, order, mark, ops) -> None:
    """Let a review of ``buyer`` be found malicious, with all that can follow."""
    now = timezone.now()
    rating = rate(buyer, order.shop, 1, 1, 1, grade=-1, comment="坏", succeeded_at=now)
    complaint = ReviewComplaint.objects.create(
        rating=rating, shop=order.shop, member=buyer, type="extortion", state="upheld",
        outcome="upheld", text=f"{mark} 要挟", filed_at=now, filed_by=ops, upheld_at=now,
    )  # fmt: skip
    complaint.decisions.create(stage="first", outcome="upheld", reason="属实", by=ops, at=now)
    complaint.quotes.create(
        conversation_no="C-1", seq=1, author="member", said_at=now, body=f"{mark} 不退就差评"
    )
    complaint.points.create(member=buyer, points=12, cause="malicious_review", at=now)
    flag = ReviewerFlag.objects.create(
        member=buyer, complaints=[complaint.pk], arm="treated", since=now, reason=f"{mark} 几次了",
        until=now + timedelta(days=30),
    )  # fmt: skip
    flag.signals.create(kind="several_merchants", facts={"complaints": 3, "merchants": 3}, at=now)
    ReviewerAppeal.objects.create(
        member=buyer, complaint=complaint, text=f"{mark} 冤枉", state="lost", filed_at=now, due_at=now,
        decided_at=now, decided_by=ops, answer=f"{mark} 看过了",
    )  # fmt: skip


def package_of(browser_of, person) -> zipfile.ZipFile:
    request, _made = ask_about_data(person.member, "copy", by=person)
    assert work_on_request(str(request.pk)) == "ready"
    answer = browser_of(person).get(reverse("privacy-download", args=[request.pk]))
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def gathered(person) -> PersonalDataRequest:
    """Ask for a copy and put all parts of it aside, not packed yet."""
    request, _made = ask_about_data(person.member, "copy", by=person)
    while copies.gather_slice(request):
        pass
    assert files_of(request)
    request.refresh_from_db()
    return request


def files_of(request) -> list[str]:
    """Return every file that lies there for a copy."""
    folder = f"personal-data/{request.pk.hex}"
    return [*default_storage.listdir(folder)[1], *default_storage.listdir(f"{folder}/parts")[1]]
