"""Complaints at the API, on the pages of shop and member, in the back office; quotes of talks; weights by token."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.actions import issue_integration_token
from common.ids import public_key
from merchants.actions import RatingDraft
from merchants.actions.complaints import decide_complaint, reapply
from merchants.actions.reviewer_appeals import appeal_as_reviewer
from merchants.models import (
    ComplaintFile,
    ComplaintQuote,
    Rating,
    ReviewComplaint,
    ReviewerAppeal,
    ReviewerExposure,
    ReviewerFlag,
)
from tests.conftest import make_order
from tests.merchants.casts_complaints import WHY, another_shop, complained, employ, rate, upheld
from tests.merchants.casts_penalties import judge_named
from tests.tickets.casts import answered
from tickets.actions.posting import post_message
from tickets.actions.recall import recall_message
from tickets.models import AuthorKind
from trade.actions import rate_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def qiao_answers(qiao, shop):
    employ(qiao, shop, "answer")
    return qiao


@pytest.fixture
def bought(mei, shop):
    return make_order(
        mei, shop, "2611200341700001", timezone.now() - timedelta(days=3),
        signed_at=timezone.now() - timedelta(days=1),
    )  # fmt: skip


@pytest.fixture
def review(bought, mei) -> Rating:
    words = "不退钱就一直差评，电话13800002071"
    return rate_order(bought, RatingDraft(1, 1, 1, grade=-1, comment=words), by=mei)


@pytest.fixture
def talk(mei, bo, team, bought):
    conversation = answered(mei.member, team, bo, order=bought)
    for by, kind, body in (
        (mei, AuthorKind.MEMBER, "不退钱我就给差评，打13800002071"),
        (bo, AuthorKind.AGENT, "亲，请先退货"),
    ):
        post_message(conversation, by=by, author_kind=kind, body=body, anyway=True)
    return conversation


def send(client, url, body):
    return client.post(url, body, content_type="application/json")


def url_of(review, part=""):
    key = public_key("rtg", review.pk)
    return f"/api/v1/shops/{review.shop.shop_no}/reviews/{key}/complaint/{part}"


# --- Filed at the API -------------------------------------------------------------------------------


def test_messages_of_the_talk_are_kept_as_they_stand_masked(
    review, talk, qiao_answers, browser_of, mei
):
    quotes = [{"conversation": talk.conversation_no, "seqs": [1, 2]}]
    body = {"type": "extortion", "text": "要挟退款", "quotes": quotes}
    answer = send(browser_of(qiao_answers), url_of(review), body)
    assert answer.status_code == 201
    said = [(one["author"], one["body"]) for one in answer.json()["quotes"]]
    assert said[1] == ("agent", "亲，请先退货")
    assert said[0][0] == "member"
    assert "13800002071" not in said[0][1]
    recall_message(talk, seq=1, by=mei)
    assert ComplaintQuote.objects.count() == 2


@pytest.mark.parametrize("case", ["no such talk", "no such message", "another order", "recalled"])
def test_a_message_that_is_not_there_or_of_another_order_is_no_evidence(
    review, talk, qiao_answers, browser_of, case, mei, bo, team, shop
):
    number, seqs = talk.conversation_no, [1]
    if case == "no such talk":
        number = "C-NOBODY"
    elif case == "no such message":
        seqs = [1, 9]
    elif case == "another order":
        order = make_order(mei, shop, "2611200341700002", timezone.now())
        other = answered(mei.member, team, bo, order=order)
        post_message(other, by=mei, author_kind=AuthorKind.MEMBER, body="别的单", anyway=True)
        number = other.conversation_no
    else:
        recall_message(talk, seq=1, by=mei)
    body = {"type": "extortion", "text": "要挟", "quotes": [{"conversation": number, "seqs": seqs}]}
    answer = send(browser_of(qiao_answers), url_of(review), body)
    assert (answer.status_code, answer.json()["code"]) == (409, "complaint.unknown_quote")
    assert not ReviewComplaint.objects.exists()


def test_a_file_is_sent_named_and_opened_by_shop_and_house_alone(
    review, qiao_answers, browser_of, ops, chen, mei, stranger
):
    shop_side = browser_of(qiao_answers)
    sent = shop_side.post(url_of(review, "files/"), {"file": SimpleUploadedFile("a.txt", b"hello")})
    assert sent.status_code == 201
    body = {"type": "extortion", "text": "要挟", "files": [sent.json()["id"]]}
    (file,) = send(shop_side, url_of(review), body).json()["files"]
    for who in (qiao_answers, ops):
        assert b"".join(browser_of(who).get(file["url"]).streaming_content) == b"hello"
    for who in (chen, mei, stranger):
        assert browser_of(who).get(file["url"]).status_code == 404


@pytest.mark.parametrize(
    "content", [b"MZ\x90\x00", b"<html><script>1</script>", b""], ids=["program", "page", "empty"]
)
def test_what_is_no_honest_file_is_refused(review, qiao_answers, browser_of, content):
    answer = browser_of(qiao_answers).post(
        url_of(review, "files/"), {"file": SimpleUploadedFile("a.exe", content)}
    )
    assert answer.status_code in (400, 409, 422)
    assert not ComplaintFile.objects.exists()


def test_the_house_decides_at_the_api_once(review, qiao_answers, browser_of, ops, chen):
    complaint = complained(review, qiao_answers, timezone.now())
    address = f"/api/v1/review-complaints/{complaint.public_key}/decision/"
    body = {"outcome": "upheld", "reason": WHY}
    assert send(browser_of(chen), address, body).status_code == 404
    assert send(browser_of(qiao_answers), address, body).status_code == 404
    assert send(browser_of(ops), address, body).json()["state"] == "upheld"
    again = send(browser_of(ops), address, body)
    assert (again.status_code, again.json()["code"]) == (409, "complaint.decided")


def test_a_shops_list_asks_the_same_however_long_it_is(
    mei, shop, qiao_answers, browser_of, ops, django_assert_max_num_queries
):
    now = timezone.now()
    for _one in range(6):
        complained(rate(mei, shop, 1, 1, 1, grade=-1, comment="坏", now=now,
                        succeeded_at=now - timedelta(days=2)), qiao_answers, now)  # fmt: skip
    page = browser_of(qiao_answers)
    with django_assert_max_num_queries(8):
        assert len(page.get("/api/v1/shop/complaints/").json()["data"]) == 6
    with django_assert_max_num_queries(10):
        assert page.get("/shop/complaints/").status_code == 200
    with django_assert_max_num_queries(18):
        assert page.get("/shop/reviews/").status_code == 200
    first = page.get("/api/v1/shop/complaints/?limit=4").json()
    rest = page.get(f"/api/v1/shop/complaints/?limit=4&cursor={first['next_cursor']}").json()
    keys = {one["id"] for one in first["data"] + rest["data"]}
    assert (len(keys), rest["next_cursor"]) == (6, None)


# --- The shop's pages ---------------------------------------------------------------------------------


def test_the_shop_replies_complains_and_asks_once_more_on_its_pages(
    review, talk, qiao_answers, browser_of, ops
):
    page, key = browser_of(qiao_answers), public_key("rtg", review.pk)
    listed = page.get("/shop/reviews/").content.decode()
    assert "不退钱就一直差评" in listed
    assert "13800002071" not in listed
    assert page.post(f"/shop/reviews/{key}/reply/", {"text": "请先退货"}).status_code == 302
    said = {"type": "extortion", "text": "要挟退款"}
    assert page.post(f"/shop/reviews/{key}/complaint/", said).status_code == 422
    half = said | {"conversation": talk.conversation_no, "seqs": ""}
    assert page.post(f"/shop/reviews/{key}/complaint/", half).status_code == 422
    bad_file = said | {"attachments": [SimpleUploadedFile("a.exe", b"MZ\x90\x00")]}
    assert page.post(f"/shop/reviews/{key}/complaint/", bad_file).status_code == 422
    assert not ComplaintFile.objects.exists()
    whole = said | {"conversation": talk.conversation_no, "seqs": "1-2"}
    assert page.post(f"/shop/reviews/{key}/complaint/", whole).status_code == 302
    complaint = ReviewComplaint.objects.get()
    assert complaint.quotes.count() == 2
    decide_complaint(complaint, outcome="rejected", reason="证据不够", by=ops)
    address = f"/shop/complaints/{complaint.public_key}/"
    assert "证据不够" in page.get(address).content.decode()
    assert page.post(f"{address}reapplication/", {"text": "补充"}).status_code == 302
    complaint.refresh_from_db()
    assert complaint.state == "reapplied"


def test_others_find_no_page_of_it(review, qiao_answers, browser_of, stranger, chen, mei):
    complaint = complained(review, qiao_answers, timezone.now())
    for who in (stranger, chen, mei):
        for address in (
            f"/shop/reviews/{public_key('rtg', review.pk)}/",
            f"/shop/complaints/{complaint.public_key}/",
            f"/shop/reviews/?shop={review.shop.shop_no}",
        ):
            assert browser_of(who).get(address).status_code == 404


# --- The member's own -----------------------------------------------------------------------------------


def test_a_member_reads_why_and_appeals_and_never_what_was_rejected(
    review, qiao_answers, browser_of, mei, chen, ops
):
    complaint = complained(review, qiao_answers, timezone.now())
    page = browser_of(mei)
    assert page.get("/api/v1/me/malicious-reviews/").json() == {"complaints": [], "flags": []}
    decide_complaint(complaint, outcome="upheld", reason="聊天里写明不退钱就差评", by=ops)
    shown = page.get("/me/malicious-reviews/").content.decode()
    assert "聊天里写明不退钱就差评" in shown
    assert "乔木" not in shown
    address = f"/me/malicious-reviews/{complaint.public_key}/appeal/"
    assert browser_of(chen).post(address, {"text": "不是我"}).status_code == 404
    assert page.post(address, {"text": ""}).status_code == 422
    assert page.post(address, {"text": "我没有要挟"}).status_code == 302
    assert page.post(address, {"text": "再说一次"}).status_code == 422
    assert ReviewerAppeal.objects.get().text == "我没有要挟"


def test_a_member_sees_their_flag_until_when_why_and_appeals_at_the_api(
    mei, browser_of, ops, chen, qiao
):
    now = timezone.now()
    for _one in range(3):
        shop = another_shop()
        employ(qiao, shop, "answer")
        upheld(rate(mei, shop, 1, 1, 1, grade=-1, comment="坏", now=now,
                    succeeded_at=now - timedelta(days=2)), qiao, ops, now)  # fmt: skip
    flag = ReviewerFlag.objects.create(
        member=mei.member, complaints=[one.pk for one in ReviewComplaint.objects.all()],
        arm="treated", since=now, until=now + timedelta(days=180), reason="三次",
    )  # fmt: skip
    flag.signals.create(kind="several_merchants", facts={"complaints": 3, "merchants": 3}, at=now)
    (card,) = browser_of(mei).get("/api/v1/me/malicious-reviews/").json()["flags"]
    assert (card["is_running"], len(card["signs"])) == (True, 1)
    shown = browser_of(mei).get("/me/malicious-reviews/").content.decode()
    assert "3" in card["signs"][0]["words"]
    assert card["signs"][0]["words"] in shown
    address = f"/api/v1/me/reviewer-flags/{flag.public_key}/appeal/"
    assert send(browser_of(chen), address, {"text": "不是"}).status_code == 404
    assert send(browser_of(mei), address, {"text": "店真的差"}).status_code == 201
    appeal = ReviewerAppeal.objects.get()
    answer = f"/api/v1/reviewer-appeals/{appeal.public_key}/answer/"
    judge = judge_named("judge")
    body = {"granted": True, "answer": "属实"}
    assert send(browser_of(mei), answer, body).status_code == 404
    assert send(browser_of(ops), answer, body).json()["code"] == "appeal.same_person"
    assert send(browser_of(judge), answer, body).json()["state"] == "won"
    flag.refresh_from_db()
    assert flag.ended_why == "appeal"


# --- Everybody ------------------------------------------------------------------------------------------


def test_strangers_read_the_policy_in_both_languages(client, db):
    chinese = client.get("/policies/malicious-reviews/")
    assert chinese.status_code == 200
    assert "恶意评价" in chinese.content.decode()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    english = client.get("/policies/malicious-reviews/")
    assert "never does" in english.content.decode()


# --- The search -----------------------------------------------------------------------------------------


def test_the_search_asks_with_a_token_of_that_scope_alone(mei, ops):
    shop = another_shop()
    until = timezone.now() + timedelta(days=1)

    def with_scope(scope):
        _row, secret = issue_integration_token(
            ops, name="搜索", scopes=[scope], expires_at=until, by=None, reason="搜索"
        )
        return Client(headers={"Authorization": f"Bearer {secret}"})

    body = {"member_no": mei.member.member_no, "shop_nos": [shop.shop_no, "nobody"]}
    address = "/api/v1/exposure-weights/"
    refused = send(with_scope("shops:read"), address, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "token.scope")
    answer = send(with_scope("exposures:write"), address, body)
    assert answer.json() == {"weights": [{"shop_no": shop.shop_no, "weight": "1.00"}]}
    now = timezone.now()
    ReviewerFlag.objects.create(
        member=mei.member, complaints=[], arm="treated", since=now, reason="测",
        until=now + timedelta(days=30),
    )  # fmt: skip
    answer = send(with_scope("exposures:write"), address, body)
    assert answer.json()["weights"][0]["weight"] == "0.30"
    assert ReviewerExposure.objects.get().count == 1
    assert (
        send(with_scope("exposures:write"), address, body | {"member_no": "x"}).status_code == 404
    )


def test_what_flags_brought_is_for_the_house_alone(browser_of, ops, chen, qiao):
    address = "/api/v1/reviewer-flags/measurement/"
    found = browser_of(ops).get(address).json()
    assert found["treated"] == {"members": 0, "exposures": 0}
    assert all(one["difference"]["too_small"] for one in found["outcomes"])
    for who in (chen, qiao):
        assert browser_of(who).get(address).status_code == 404


# --- The back office --------------------------------------------------------------------------------------


def test_the_back_office_upholds_and_refuses_the_same_judge(review, qiao_answers, browser_of, ops):
    complaint = complained(review, qiao_answers, timezone.now())
    office = browser_of(ops)
    listed = office.get("/admin/merchants/reviewcomplaint/?waits=first").content.decode()
    assert complaint.public_key in listed
    act = f"/admin/merchants/reviewcomplaint/{complaint.pk}/act/"
    office.post(f"{act}reject/", {"step": "do", "reason": "证据不够"})
    complaint.refresh_from_db()
    assert complaint.state == "rejected"
    reapply(complaint, text="补充", by=qiao_answers)
    office.post(f"{act}uphold/", {"step": "do", "reason": WHY, "ground": "insulting", "words": ""})
    complaint.refresh_from_db()
    assert complaint.state == "reapplied"
    other = browser_of(judge_named("judge"))
    other.post(f"{act}uphold/", {"step": "do", "reason": WHY, "ground": "insulting", "words": ""})
    complaint.refresh_from_db()
    assert (complaint.state, complaint.outcome) == ("final", "upheld")
    assert re.search("12", other.get("/admin/merchants/buyerpointsentry/").content.decode())


def test_the_back_office_answers_an_appeal(review, qiao_answers, browser_of, ops, mei):
    complaint = upheld(review, qiao_answers, ops, timezone.now())
    appeal = appeal_as_reviewer(complaint, text="没有要挟", by=mei)
    act = f"/admin/merchants/reviewerappeal/{appeal.pk}/act/answer_it/"
    browser_of(judge_named("judge")).post(act, {"step": "do", "granted": "yes", "reason": "对"})
    complaint.refresh_from_db()
    assert not complaint.stands
