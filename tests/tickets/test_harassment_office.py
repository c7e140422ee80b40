"""Harassment in the back office: confirmed, dismissed, lifted, answered by a click with a reason."""

import pytest
from django.urls import reverse

from tests.tickets.blocks import blocked, marked
from tests.tickets.casts import answered
from tickets.actions.appeals import file_appeal

pytestmark = pytest.mark.django_db


@pytest.fixture
def act(browser_of):
    """Give a function that does something to a row as a person and returns the row as it is then."""

    def click(person, row, name, reason="看过录音", **answers):
        url = reverse(f"admin:tickets_{row._meta.model_name}_act", args=[row.pk, name])
        answer = browser_of(person).post(url, {"step": "do", "reason": reason} | answers)
        row.refresh_from_db()
        return answer

    return click


def test_the_lists_and_rows_name_nobody(conversation, browser_of, bo, lin, ops):
    block = blocked(conversation, bo, lin)
    office = browser_of(ops)
    for path in (
        "harassmentcase/", f"harassmentcase/{block.case_id}/change/",
        "contactblock/", f"contactblock/{block.pk}/change/",
    ):  # fmt: skip
        page = office.get(f"/admin/tickets/{path}")
        assert page.status_code == 200
        assert "周小宁" not in page.content.decode()


def test_operations_confirm(act, conversation, bo, lin, ops):
    case = marked(conversation, bo)
    assert act(ops, case, "confirm", has_request="yes", owner=bo.pk).status_code == 302
    conversation.refresh_from_db()
    assert (case.state, case.decided_by, case.decision_reason) == ("confirmed", ops, "看过录音")
    assert (conversation.state, conversation.owner, conversation.team.code) == (
        "open",
        bo,
        "written",
    )


def test_operations_confirm_that_nothing_goes_on(act, conversation, bo, ops):
    case = marked(conversation, bo)
    assert act(ops, case, "confirm", has_request="no").status_code == 302
    conversation.refresh_from_db()
    assert (case.state, conversation.state) == ("confirmed", "closed")


def test_without_a_reason_or_an_answer_nothing_is_confirmed(act, conversation, bo, ops):
    case = marked(conversation, bo)
    for said in ({"reason": " ", "has_request": "yes"}, {"has_request": ""}):
        answer = act(ops, case, "confirm", **said)
        assert answer.context["form"].errors
        assert case.state == "marked"


def test_operations_dismiss(act, conversation, bo, ops):
    case = marked(conversation, bo)
    assert act(ops, case, "dismiss", "只是急").status_code == 302
    assert (case.state, case.decided_by, case.decision_reason) == ("dismissed", ops, "只是急")


def test_operations_lift(act, conversation, bo, lin, ops):
    block = blocked(conversation, bo, lin)
    assert act(ops, block, "lift", "已道歉").status_code == 302
    assert (block.ended_why, block.ended_by) == ("lifted", ops)


@pytest.mark.parametrize(("verdict", "appeal"), [("yes", "upheld"), ("no", "rejected")])
def test_operations_answer_an_appeal(act, verdict, appeal, conversation, mei, bo, lin, ops):
    block = file_appeal(blocked(conversation, bo, lin), text="冤枉", by=mei)
    assert act(ops, block, "answer", "已核实", verdict=verdict).status_code == 302
    assert (block.appeal, block.appeal_answer, block.appeal_decided_by) == (appeal, "已核实", ops)
    assert block.is_running == (verdict == "no")


def test_who_confirmed_answers_no_appeal_against_it(act, conversation, mei, bo, ops):
    block = file_appeal(blocked(conversation, bo, ops), text="冤枉", by=mei)
    act(ops, block, "answer", "不成立", verdict="no")
    assert block.appeal == "filed"


@pytest.mark.parametrize("who", ["bo", "lin", "wen", "mei"])
def test_nobody_else_does_it_here(act, who, mei, team, bo, lin, request):
    waits = marked(answered(mei.member, team, bo), bo)
    by = request.getfixturevalue(who)
    for name in ("confirm", "dismiss"):
        assert act(by, waits, name, has_request="no").status_code in (302, 403, 404)
        assert waits.state == "marked"
