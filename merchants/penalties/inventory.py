"""The columns of violations, penalties, appeals and acts: which are personal, and what becomes of them."""

from common.inventory import Column, personal, table

OWNER = "operations, merchants"
BY_LAW = (
    "three years from the end of the case at least (E-Commerce Law 31), then as long as the shop"
)


def _who(purpose: str) -> Column:
    return personal("account", purpose, mask="name", erasure="kept nameless")


def _words(purpose: str) -> Column:
    return personal(
        "masked text", f"{purpose}; numbers of people are masked when it is written", mask="text",
        erasure="kept",
    )  # fmt: skip


table(
    "merchants.Violation",
    owner=OWNER,
    purpose="What a shop has done against a rule, and where the case is.",
    kept=BY_LAW,
    plain="id violation_no shop rule_version violation_class act_at order_no points items state "
    "detected_at noticed_at statement_due_at decide_by emergency_first_at emergency_at exam_year "
    "exam_due_at decided_at ended_at ended_why",
    act=_words("what was done"),
    evidence=_words("what shows it"),
    detected_by=_who("does not judge what they found"),
    emergency_first_by=_who("two people declare an emergency"),
    emergency_second_by=_who("two people declare an emergency"),
)
table(
    "merchants.Statement",
    owner=OWNER,
    purpose="What a shop says before the decision.",
    kept=BY_LAW,
    plain="id violation at",
    text=_words("the shop is heard"),
    by=_who("who spoke for the shop"),
)
table(
    "merchants.CaseFile",
    owner=OWNER,
    purpose="Files of cases.",
    kept=f"{BY_LAW}; a day when nothing names it",
    plain="id violation part uploaded_at kind content_type size sha256",
    uploaded_by=_who("who sent it"),
    name=_words("what it is"),
    file=personal("evidence", "shows it", mask="as it is", erasure="kept"),
)
table(
    "merchants.CaseRating",
    owner=OWNER,
    purpose="Ratings that a case says are fake.",
    kept=BY_LAW,
    plain="id violation rating measure",
)
table(
    "merchants.Penalty",
    owner=OWNER,
    purpose="The decision of a case, and what follows.",
    kept=BY_LAW,
    plain="id violation shop points points_before is_strike node decided_at heard_at is_emergency "
    "starts_at until begun_at ended_at corrected_at exam_score exam_passed_at notice_due_at "
    "published_at withdrawn_at appeal_until",
    reason=_words("why it was decided"),
    decided_by=_who("does not rule an appeal against it"),
)
table(
    "merchants.Measure",
    owner=OWNER,
    purpose="What is done to a shop, from when until when.",
    kept=BY_LAW,
    plain="id shop kind penalty act starts_at until ended_at",
)
table(
    "merchants.ShopLimits",
    owner=OWNER,
    purpose="What holds for a shop now.",
    kept="as long as the shop",
    plain="shop measures node no_new_since changed_at",
)
table(
    "merchants.PointsBalance",
    owner=OWNER,
    purpose="Points of a shop now.",
    kept="as long as the shop",
    plain="id shop violation_class points cleared_through",
)
table(
    "merchants.PointsEntry",
    owner=OWNER,
    purpose="Movements of points.",
    kept="for good",
    plain="id shop violation_class points cause cause_key penalty at",
)
table(
    "merchants.PointsClearing",
    owner=OWNER,
    purpose="Years whose points were cleared.",
    kept="for good",
    plain="year at done_at shops",
)
table(
    "merchants.Appeal",
    owner=OWNER,
    purpose="Appeals against penalties.",
    kept=BY_LAW,
    plain="id penalty state filed_at came_at shop_left due_at is_late extended_at closed_at",
    text=_words("why the shop appeals"),
    missing=_words("which papers are missing"),
    by=_who("who spoke for the shop"),
)
table(
    "merchants.Ruling",
    owner=OWNER,
    purpose="Final decisions about appeals.",
    kept=BY_LAW,
    plain="appeal outcome points_before points_after citation at",
    reason=_words("why it was ruled so"),
    by=_who("who answers for it; rates by judge"),
)
table(
    "merchants.Restored",
    owner=OWNER,
    purpose="What appeals gave back.",
    kept=BY_LAW,
    plain="id appeal what about before after at",
)
table(
    "merchants.ShopAct",
    owner=OWNER,
    purpose="What one of our own did to a shop at once.",
    kept=BY_LAW,
    plain="id shop kind days rule_version state limit_days at began_at until undo_until closed_at "
    "before after",
    reason=_words("why it was done"),
    by=_who("who answers for it"),
    second_by=_who("two people above a limit"),
)

for _record, _whom in (("RuleRecord", "Rules"), ("JudgeRecord", "Judges")):
    table(
        f"merchants.{_record}",
        owner=OWNER,
        purpose=f"{_whom} with what became of penalties on appeal: no columns of its own.",
        kept="nothing is kept",
    )
