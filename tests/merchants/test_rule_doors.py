"""Rules on pages and at the API: read by everybody, drafts by the asked, said by who may."""

import pytest

from accounts.doors import doors_of
from merchants.actions.rulebook import drop_version
from merchants.actions.taking_effect import retire_version
from merchants.models import RuleVote
from tests.merchants.casts_rulebook import TEXT, answered, employ, noticed, run_clock
from tests.merchants.test_consultation import say

pytestmark = pytest.mark.django_db

DRAFT = "/api/v1/me/rule-drafts/late-shipping/1/"


@pytest.fixture
def open_draft(reviewed, zhao):
    """Open now, because pages ask what time it is."""
    from merchants.actions.consultations import open_consultation

    return open_consultation(reviewed, by=zhao, reason="试")


@pytest.fixture
def in_force(consulted, qiao, ops):
    version = noticed(answered(consulted, qiao, ops), ops)
    run_clock(version.planned_from)
    version.refresh_from_db()
    return version


def put(client, body, url=DRAFT + "voice/"):
    return client.put(url, body, content_type="application/json")


def test_everybody_reads_the_rules_in_force(in_force, mei, browser_of):
    client = browser_of(mei)
    (row,) = client.get("/api/v1/rules/").json()["data"]
    assert (row["code"], row["number"], row["state"]) == ("late-shipping", 1, "effective")
    card = client.get("/api/v1/rules/late-shipping/versions/1/").json()
    assert (card["text"], card["points"], card["violation_class"]) == (TEXT, ["3.0"], "A")
    assert client.get("/api/v1/rules/late-shipping/").json()["in_force"] == 1
    for q, found in (("预售", 1), ("预付", 0)):
        assert len(client.get("/api/v1/rules/", {"q": q}).json()["data"]) == found
    assert client.get("/api/v1/rules/", {"family": "review"}).json()["data"] == []
    page = client.get("/rules/late-shipping/", follow=True)
    assert "延迟发货的规定" in page.content.decode()
    text = client.get("/rules/late-shipping/1/text/")
    assert TEXT in text.content.decode()
    assert "attachment" in text["Content-Disposition"]


def test_a_draft_is_nobody_elses_to_read(open_draft, mei, bo, wen, he, browser_of):
    for person in (mei, bo, wen, he):
        client = browser_of(person)
        for url in (DRAFT, "/api/v1/rules/late-shipping/", "/rules/late-shipping/1/",
                    "/api/v1/rules/late-shipping/versions/1/",
                    "/shop/rules/drafts/late-shipping/1/", "/shop/rules/"):  # fmt: skip
            assert client.get(url).status_code == 404, (person, url)
        assert put(client, {"choice": "for"}).status_code == 404
        assert client.get("/api/v1/me/rule-drafts/").json() == {"data": []}


def test_an_asked_merchant_says_what_they_think_by_api(open_draft, qiao, browser_of):
    client = browser_of(qiao)
    (row,) = client.get("/api/v1/me/rule-drafts/").json()["data"]
    assert (row["is_open"], row["has_said"]) == (True, False)
    answer = put(client, {"choice": "change", "comment": "节假日顺延"})
    assert answer.status_code == 200
    card = answer.json()
    assert card["own"][0]["comment"] == "节假日顺延"
    assert [(one["choice"], one["voices"]) for one in card["split"]] == [
        ("for", 0), ("change", 1), ("against", 0),
    ]  # fmt: skip
    assert len(card["gates"]) == 3
    assert card["final_text"] is None
    assert put(client, {"choice": "perhaps"}).status_code == 400
    assert put(client, {"choice": "against"}).json()["code"] == "vote.no_comment"


def test_the_front_page_leads_to_what_asks_for_a_voice(open_draft, qiao, browser_of):
    def fact(user):
        return next(it.fact for it in doors_of(user) if it.door.key == "shop-rules")

    assert (fact(qiao).badge[:1], fact(qiao).kind) == ("1", "warn")
    assert put(browser_of(qiao), {"choice": "for"}).status_code == 200
    assert ("1" in fact(qiao).badge, fact(qiao).kind) == (False, "")


def test_the_editor_shows_the_rule_while_it_is_typed(draft, ops, browser_of):
    page = browser_of(ops).get(f"/admin/merchants/ruleversion/{draft.pk}/act/edit/")
    assert 'data-preview="商家看到的样子"' in page.content.decode()
    assert "admin/js/rulepreview" in page.content.decode()


def test_who_may_look_only_is_told_so(open_draft, lingshan, he, browser_of):
    employ(he, lingshan)
    client = browser_of(he)
    assert client.get(DRAFT).json()["own"][0]["may_vote"] is False
    refused = put(client, {"choice": "for"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_who_works_for_two_says_for_which(open_draft, lu, lingshan, browser_of):
    employ(lu, lingshan, "vote")
    client = browser_of(lu)
    assert put(client, {"choice": "for"}).json()["code"] == "vote.which_merchant"
    assert put(client, {"choice": "for", "merchant_no": "B2001"}).status_code == 200
    assert RuleVote.objects.get().merchant == lingshan
    assert put(client, {"choice": "for", "merchant_no": "B9"}).status_code == 404


def test_a_merchant_sees_the_group_the_answer_and_the_change(
    consulted, lingshan, qiao, ops, lu, browser_of
):
    from merchants.actions.consultations import (
        answer_group,
        group_objections,
        publish_result,
        revise_text,
    )

    vote = say(consulted, lingshan, qiao)
    group = group_objections(consulted, "节假日应当顺延", [vote.pk], by=ops)
    ends = consulted.consultation_ends_at
    revise_text(
        consulted, TEXT.replace("内发货。", "内发货,法定节假日顺延。"), because_of=[group],
        by=ops, now=ends,
    )  # fmt: skip
    answer_group(group, answer="采纳。", by=ops)
    own = browser_of(qiao).get(DRAFT).json()["own"][0]
    assert (own["group"], own["answer"], own["changes"]) == (None, None, [])
    publish_result(consulted, result="改一条", by=ops, now=ends)
    card = browser_of(qiao).get(DRAFT).json()
    own = card["own"][0]
    assert (own["group"], own["answer"]) == ("节假日应当顺延", "采纳。")
    (change,) = own["changes"]
    assert {"kind": "added", "text": ",法定节假日顺延"} in change["parts"]
    assert card["groups"] == [{"title": "节假日应当顺延", "voices": 1, "answer": "采纳。"}]
    page = browser_of(qiao).get("/shop/rules/drafts/late-shipping/1/").content.decode()
    assert "<ins>,法定节假日顺延</ins>" in page
    # What another merchant said is theirs: of others one sees groups alone.
    other = browser_of(lu).get(DRAFT).json()
    assert [own["comment"] for own in other["own"]] == [""]
    assert "节假日应当顺延</blockquote>" not in browser_of(lu).get(
        "/shop/rules/drafts/late-shipping/1/"
    ).content.decode()  # fmt: skip


def test_the_page_keeps_what_was_typed_and_says_what_is_missing(open_draft, qiao, browser_of):
    client = browser_of(qiao)
    url = "/shop/rules/drafts/late-shipping/1/"
    assert url in client.get("/shop/rules/").content.decode()
    refused = client.post(url + "voice/", {"choice": "against", "comment": " "})
    assert refused.status_code == 422
    assert 'value="against" checked' in refused.content.decode()
    said = client.post(url + "voice/", {"choice": "against", "comment": "太重"})
    assert said.status_code == 302
    assert "太重" in client.get(url).content.decode()


def test_what_changed_between_two_versions(in_force, rule, ops, zhao, browser_of):
    from merchants.models import RuleVersion

    RuleVersion.objects.create(
        rule=rule, number=2, state="effective", text=TEXT.replace("四十八", "二十四"),
        effective_from=in_force.effective_from, effective_until=in_force.effective_from,
    )  # fmt: skip
    client = browser_of(ops)
    diff = client.get("/api/v1/rules/late-shipping/versions/2/diff/").json()
    kinds = [(one["kind"], one["text"]) for one in diff["parts"]]
    assert diff["against"] == 1
    assert ("gone", "四十八") in kinds
    assert ("added", "二十四") in kinds
    url = "/api/v1/rules/late-shipping/versions/2/diff/"
    assert client.get(url, {"against": 9}).status_code == 404
    assert client.get("/rules/late-shipping/2/?against=1").status_code == 200
    assert client.get("/rules/late-shipping/2/?against=x").status_code == 404


def test_lists_ask_a_fixed_number_of_questions(
    in_force, mei, ops, browser_of, django_assert_max_num_queries
):
    client = browser_of(mei)
    client.get("/api/v1/rules/")
    with django_assert_max_num_queries(4):
        client.get("/api/v1/rules/")


def test_a_cursor_goes_on(in_force, mei, browser_of, ops):
    from merchants.models import Rule, RuleVersion

    for n in range(3):
        made = Rule.objects.create(code=f"z{n}", family="review", title=f"评价{n}")
        RuleVersion.objects.create(
            rule=made, number=1, state="effective", text="x", effective_from=in_force.effective_from
        )
    client, seen, cursor = browser_of(mei), [], ""
    while True:
        page = client.get("/api/v1/rules/", {"limit": 2, "cursor": cursor}).json()
        seen += [one["code"] for one in page["data"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == ["late-shipping", "z0", "z1", "z2"]
    assert client.get("/api/v1/rules/", {"cursor": "x"}).json()["code"] == "cursor.bad"


def test_who_was_asked_reads_what_became_of_it_also_when_it_is_dropped_or_ended(
    in_force, qiao, zhao, ops, browser_of
):
    client = browser_of(qiao)
    retire_version(in_force, by=zhao, reason="试")
    card = client.get(DRAFT).json()
    assert (card["state"], card["own"][0]["answer"]) == ("retired", "采纳:法定节假日顺延。")
    assert client.get("/shop/rules/drafts/late-shipping/1/").status_code == 200


def test_the_page_of_a_dropped_draft_is_still_there(open_draft, qiao, ops, browser_of):
    drop_version(open_draft, by=ops, reason="试")
    assert browser_of(qiao).get("/shop/rules/drafts/late-shipping/1/").status_code == 200


def test_the_day_on_paper_and_in_the_news_is_that_of_shanghai(in_force, qiao, mei, browser_of):
    text = browser_of(mei).get("/rules/late-shipping/1/text/").content.decode()
    assert "2026-11-16T10:00:00+08:00" in text


def test_an_absurd_version_is_not_there(in_force, mei, browser_of):
    answer = browser_of(mei).get("/rules/late-shipping/1/", {"against": "9" * 5000})
    assert answer.status_code == 404
