"""A shop's cases at the API and on its pages; what the house does at the API; rates by rule and judge."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.doors import doors_of
from common.deadlines import sweep
from merchants.actions import case_files
from merchants.actions.appeals import file_appeal, rule_appeal
from merchants.actions.emergencies import add_precedent
from merchants.actions.penalties import publish_notice
from merchants.actions.violations import choose_exam, send_notice, state_side
from merchants.models import Appeal, CaseFile, JudgeRecord, RuleRecord, Statement
from merchants.queries.rates import judges_with_rates, rules_with_rates
from tests.merchants.casts_penalties import WHY, decided, detected, noticed, refused, rule
from tests.search.conftest import settle

pytestmark = pytest.mark.django_db
PAST = timedelta(days=30)


@pytest.fixture
def told(shop, bo, ops):
    return noticed(shop, bo, ops, now=timezone.now(), evidence="抽检单 C-2207")


@pytest.fixture
def punished(shop, bo, ops):
    now = timezone.now()
    return decided(shop, bo, ops, now=now - PAST, at=now, points="12")


def url_of(case, part=""):
    return f"/api/v1/shop/violations/{case.violation_no}/{part}"


def test_one_case_says_everything_a_shop_must_know(told, staff, browser_of):
    card = browser_of(staff).get(url_of(told)).json()
    assert card["rule"]["text"] == "描述不符：商家不得如此。"
    assert (card["rule"]["version"], card["evidence"]) == (1, "抽检单 C-2207")
    assert (card["may_state"], card["decision"], card["appeal"]) == (True, None, None)


def test_a_statement_comes_with_files_that_the_house_may_open(told, staff, judge, chen, browser_of):
    shop_side = browser_of(staff)
    sent = shop_side.post(url_of(told, "files/"), {"file": SimpleUploadedFile("a.txt", b"hello")})
    assert sent.status_code == 201
    key, url = sent.json()["id"], sent.json()["url"]
    assert browser_of(judge).get(url).status_code == 404
    said = shop_side.post(
        url_of(told, "statement/"), {"text": "我们有证书", "files": [key]},
        content_type="application/json",
    )  # fmt: skip
    assert said.json()["statement"]["files"][0]["id"] == key
    assert b"".join(browser_of(judge).get(url).streaming_content) == b"hello"
    assert browser_of(chen).get(url).status_code == 404


def test_whoever_found_it_adds_files_until_the_shop_is_told(
    shop, bo, dora, ops, judge, staff, browser_of
):
    case = detected(shop, bo, now=timezone.now())
    address = f"/api/v1/violations/{case.violation_no}/files/"

    def add(who):
        return browser_of(who).post(address, {"file": SimpleUploadedFile("a.txt", b"hello")})

    sent = add(bo)
    assert sent.status_code == 201
    # Somebody else's find, and the shop's own people: as if there were none.
    assert {add(who).status_code for who in (dora, staff)} == {404}
    url = sent.json()["url"]
    assert browser_of(staff).get(url).status_code == 404
    send_notice(case, by=ops, reason=WHY)
    (file,) = browser_of(staff).get(url_of(case)).json()["evidence_files"]
    assert file["url"] == url
    assert b"".join(browser_of(staff).get(url).streaming_content) == b"hello"
    late = add(judge)
    assert (late.status_code, late.json()["code"]) == (409, "violation.cannot_move")
    assert CaseFile.objects.count() == 1


def test_no_evidence_comes_in_behind_the_notice(shop, bo, ops, monkeypatch):
    case = detected(shop, bo)
    admit = case_files.admit_file

    def slow(*args, **kwargs):
        send_notice(case, by=ops, reason=WHY)
        return admit(*args, **kwargs)

    monkeypatch.setattr(case_files, "admit_file", slow)
    with refused("violation.cannot_move"):
        case_files.upload_case_file(case, source=BytesIO(b"hello"), name="a.txt", by=bo)
    assert not CaseFile.objects.exists()


def test_a_file_that_is_not_there_leaves_no_statement(told, staff, browser_of):
    answer = browser_of(staff).post(
        url_of(told, "statement/"), {"text": "我们有证书", "files": ["cfl_" + "0" * 32]},
        content_type="application/json",
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (409, "file.unknown")
    assert not Statement.objects.exists()


def test_a_file_nobody_names_is_let_go_after_a_day(
    told, staff, browser_of, django_capture_on_commit_callbacks
):
    browser_of(staff).post(url_of(told, "files/"), {"file": SimpleUploadedFile("a.txt", b"hello")})
    file = CaseFile.objects.get()
    storage, name = file.file.storage, file.file.name
    assert storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        sweep(file.uploaded_at + timedelta(days=1, seconds=1))
    assert not CaseFile.objects.exists()
    assert not storage.exists(name)


@pytest.mark.parametrize(
    "content", [b"MZ\x90\x00", b"<html><script>1</script>", b""], ids=["program", "page", "empty"]
)
def test_what_is_no_honest_file_is_refused(told, staff, browser_of, content):
    answer = browser_of(staff).post(
        url_of(told, "files/"), {"file": SimpleUploadedFile("a.exe", content)}
    )
    assert answer.status_code in (400, 409, 422)
    assert not CaseFile.objects.exists()


def test_the_page_takes_words_and_files_in_one_step_or_nothing(told, staff, browser_of):
    page = browser_of(staff)
    address = f"/shop/violations/{told.violation_no}/statement/"
    bad = SimpleUploadedFile("a.exe", b"MZ\x90\x00")
    answer = page.post(
        address,
        {"text": "我们有证书", "attachments": [SimpleUploadedFile("a.txt", b"hello"), bad]},
    )
    assert answer.status_code == 422
    assert "我们有证书" in answer.content.decode()
    assert not CaseFile.objects.exists()
    assert not Statement.objects.exists()
    good = [SimpleUploadedFile(f"{n}.txt", b"hello") for n in (1, 2)]
    assert page.post(address, {"text": "我们有证书", "attachments": good}).status_code == 302
    assert CaseFile.objects.filter(part="statement").count() == 2


def test_the_api_refuses_a_judge_who_touched_the_case(punished, staff, ops, third, browser_of):
    file_appeal(punished, text="不是我们", by=staff)
    address = f"/api/v1/violations/{punished.violation.violation_no}/ruling/"
    body = {"outcome": "revoked", "reason": WHY}
    answer = browser_of(ops).post(address, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "appeal.same_person")
    answer = browser_of(third).post(address, body, content_type="application/json")
    assert answer.status_code == 201
    assert {one["what"] for one in answer.json()["restored"]} >= {"points", "measure", "limits"}


def test_the_office_refuses_them_too(punished, staff, ops, browser_of):
    appeal = file_appeal(punished, text="不是我们", by=staff)
    browser_of(ops).post(
        f"/admin/merchants/appeal/{appeal.pk}/act/rule/",
        {"step": "do", "outcome": "revoked", "reason": WHY},
    )
    assert Appeal.objects.get().state == "filed"


def test_precedents_like_it_are_beside_a_case_and_its_appeal(
    punished, staff, ops, third, browser_of
):
    add_precedent(
        "有机标签案", facts="详情页写有机，检测结果不是有机", verdict="扣六分", by=ops,
        judged_on=timezone.localdate(),
    )  # fmt: skip
    settle()
    appeal = file_appeal(punished, text="不是我们", by=staff)
    for page in (f"violation/{punished.violation_id}", f"appeal/{appeal.pk}"):
        answer = browser_of(third).get(f"/admin/merchants/{page}/change/")
        assert "有机标签案" in answer.content.decode()


def test_the_front_page_says_how_many_cases_wait_for_the_shop(told, punished, staff, mei):
    (fact,) = [it.fact for it in doors_of(staff) if it.door.key == "shop-cases"]
    assert (fact.badge[:1], fact.kind) == ("1", "warn")
    assert "shop-cases" not in {it.door.key for it in doors_of(mei)}


def test_a_case_in_which_the_shop_has_spoken_waits_for_it_no_more(told, staff, browser_of):
    page = browser_of(staff)
    assert "有1个案件等您答复" in page.get("/shop/violations/").content.decode()
    state_side(told, text="我们有证书", by=staff)
    (line,) = page.get("/api/v1/shop/violations/").json()["data"]
    assert line["due_at"] is None
    assert "没有需要您答复的案件" in page.get("/shop/violations/").content.decode()


def test_the_exam_one_chose_is_the_shops_next_clock(shop, bo, ops, staff, browser_of):
    case = noticed(shop, bo, ops, now=timezone.now(), code="spam-listing")
    exam = choose_exam(case, by=staff)
    (line,) = browser_of(staff).get("/api/v1/shop/violations/").json()["data"]
    assert parse_datetime(line["due_at"]) == exam.exam_due_at


def test_a_bulk_notice_can_be_tried_first(shop, bo, ops, browser_of):
    cases = [detected(shop, bo, now=timezone.now()) for _one in range(3)]
    body = {
        "action": "notice", "_selected_action": [case.pk for case in cases], "reason": WHY,
        "index": 0,
    }  # fmt: skip
    office = browser_of(ops)
    answer = office.post("/admin/merchants/violation/", body | {"step": "try"})
    assert answer.status_code == 200
    assert {type(case).objects.get(pk=case.pk).state for case in cases} == {"detected"}
    office.post("/admin/merchants/violation/", body | {"step": "do"})
    assert {type(case).objects.get(pk=case.pk).state for case in cases} == {"noticed"}


def test_a_list_asks_the_same_however_long_it_is(
    shop, bo, ops, staff, browser_of, django_assert_max_num_queries
):
    page = browser_of(staff)
    for _one in range(8):
        noticed(shop, bo, ops, now=timezone.now())
    with django_assert_max_num_queries(8):
        assert len(page.get("/api/v1/shop/violations/").json()["data"]) == 8
    with django_assert_max_num_queries(8):
        assert page.get("/shop/violations/").status_code == 200
    first = page.get("/api/v1/shop/violations/?limit=5").json()
    rest = page.get(f"/api/v1/shop/violations/?limit=5&cursor={first['next_cursor']}").json()
    numbers = [one["violation_no"] for one in first["data"] + rest["data"]]
    assert (len(set(numbers)), rest["next_cursor"]) == (8, None)


def test_public_penalties_stand_on_a_page_until_they_end(punished, mei, staff, judge, browser_of):
    publish_notice(punished, by=judge, reason=WHY)
    (line,) = browser_of(mei).get("/api/v1/penalty-notices/").json()["data"]
    assert (line["shop"], len(line["measures"])) == ("岭上鲜果旗舰店", 3)
    assert "岭上鲜果旗舰店" in browser_of(staff).get("/shop/notices/").content.decode()
    punished.refresh_from_db()
    punished.withdrawn_at = timezone.now()
    punished.save()
    assert browser_of(mei).get("/api/v1/penalty-notices/").json()["data"] == []


def test_rates_by_rule_and_by_judge(
    shop, bo, ops, judge, staff, browser_of, django_assert_num_queries
):
    now = timezone.now()
    made = [decided(shop, bo, ops, now=now - PAST, at=now) for _one in range(4)]
    for penalty, outcome in zip(made, ("revoked", "upheld"), strict=False):
        appeal = file_appeal(penalty, text="不是我们", by=staff)
        rule_appeal(appeal, outcome=outcome, reason=WHY, by=judge)
    with django_assert_num_queries(2):
        by_rule = rules_with_rates(RuleRecord.objects.all()).get(code="misdescription")
        by_judge = judges_with_rates(JudgeRecord.objects.all()).get()
    for row in (by_rule, by_judge):
        assert (row.penalties, row.appealed, row.ruled, row.overturned) == (4, 2, 2, 1)
        assert (row.appeal_rate, row.overturn_rate) == (0.5, 0.5)
    assert by_judge.pk == ops.pk
    office = browser_of(ops)
    for name, row in (("rulerecord", by_rule), ("judgerecord", by_judge)):
        for page in ("", f"{row.pk}/change/"):
            assert "50.0%" in office.get(f"/admin/merchants/{name}/{page}").content.decode()


def test_an_agent_finds_and_acts_at_the_api(shop, bo, browser_of):
    rule("misdescription")
    desk = browser_of(bo)
    body = {
        "shop_no": shop.shop_no, "rule": "misdescription", "act": "写有机，检测不是",
        "act_at": (timezone.now() - timedelta(days=1)).isoformat(),
    }  # fmt: skip
    found = desk.post("/api/v1/violations/", body, content_type="application/json")
    assert (found.status_code, found.json()["state"]) == (201, "detected")
    body = {"kind": "close", "days": 7, "rule": "misdescription", "reason": "卖假"}
    act = desk.post(f"/api/v1/shops/{shop.shop_no}/acts/", body, content_type="application/json")
    assert (act.json()["state"], act.json()["limit_days"]) == ("waiting", 0)
