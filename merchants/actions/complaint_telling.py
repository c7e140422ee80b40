"""Who is told what of complaints, flags and appeals."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.actions import notify, notify_many
from accounts.models import User
from accounts.rules import RIGHTS
from common.words import last_day_words
from merchants.models import (
    ComplaintOutcome,
    ReviewComplaint,
    ReviewerAppeal,
    ReviewerAppealState,
    ReviewerFlag,
)
from merchants.models.complaints import JUDGE

MY_PAGE = "/me/malicious-reviews/"


def page_of(complaint: ReviewComplaint) -> str:
    """Return the address of the shop's page of a complaint."""
    return f"/shop/complaints/{complaint.public_key}/"


def tell_shop(
    complaint: ReviewComplaint, title: object, body: object = "", *, dedupe: str, now: datetime,
    **words: Any,
) -> None:  # fmt: skip
    """Tell everybody who works for the shop."""
    people = User.objects.filter(
        staff_accounts__merchant__shops=complaint.shop_id, staff_accounts__ended_at=None
    )
    notify_many(
        people.distinct(), "shop.review_complaint", title=title, body=body,
        url=page_of(complaint), subject=complaint, dedupe=dedupe,
        words={"shop": complaint.shop.name} | words, now=now,
    )  # fmt: skip


def tell_judges(
    subject: ReviewComplaint | ReviewerAppeal, title: object, *, url: str, dedupe: str,
    now: datetime,
) -> None:  # fmt: skip
    """Tell those of the house who decide."""
    roles = [role for role, rights in RIGHTS.items() if JUDGE in rights]
    notify_many(
        User.objects.filter(roles__overlap=roles), "review.complaint", title=title, url=url,
        subject=subject, dedupe=dedupe, now=now,
    )  # fmt: skip


def tell_upheld(complaint: ReviewComplaint, *, now: datetime) -> None:
    """Tell the author of a review that a complaint about it was upheld, what follows, how to appeal."""
    _tell_member(
        complaint.member.user,
        complaint,
        _("A review of yours was found malicious"),
        _("See why, what it costs, and how to appeal."),
        dedupe="upheld",
        now=now,
    )


def tell_flagged(flag: ReviewerFlag, *, now: datetime) -> None:
    """Tell a member about their flag: never in silence."""
    _tell_member(
        flag.member.user,
        flag,
        _("Your reviews are looked at before they are shown, until %(until)s"),
        _("See why, what it means, and how to appeal."),
        dedupe="put",
        now=now,
        until=last_day_words(flag.until),
    )


def tell_flag_ended(flag: ReviewerFlag, *, now: datetime) -> None:
    """Tell a member that their flag has ended."""
    _tell_member(
        flag.member.user, flag, _("Your reviews are shown at once again"), dedupe="ended", now=now
    )


def tell_appeal_answered(appeal: ReviewerAppeal, *, now: datetime) -> None:
    """Tell a member what became of their appeal."""
    is_won = appeal.state == ReviewerAppealState.WON
    title = _("Your appeal is granted") if is_won else _("Your appeal is not granted")
    _tell_member(
        appeal.member.user, appeal, title, _("Read the answer."), dedupe="answered", now=now
    )


def tell_decided(complaint: ReviewComplaint, stage: str, *, now: datetime) -> None:
    """Tell the shop what became of its complaint."""
    upheld = complaint.outcome == ComplaintOutcome.UPHELD
    title = (
        _("%(shop)s: your complaint about a review is upheld")
        if upheld
        else _("%(shop)s: your complaint about a review is rejected")
    )
    body: object = _("See why.")
    words = {}
    if complaint.reapply_until is not None and not upheld and stage == "first":
        body = _("See why; you may ask once more until %(until)s.")
        words["until"] = last_day_words(complaint.reapply_until)
    tell_shop(complaint, title, body, dedupe=stage, now=now, **words)


def _tell_member(
    person: User | None, subject: Any, title: object, body: object = "", *, dedupe: str,
    now: datetime, **words: Any,
) -> None:  # fmt: skip
    if person is None:
        return
    notify(
        person, "me.malicious_review", title=title, body=body, url=MY_PAGE, subject=subject,
        dedupe=dedupe, words=words, now=now,
    )  # fmt: skip
