"""The columns of APASS: which are personal, and what becomes of them."""

from common.inventory import Column, personal, table

OWNER = "operations, APASS"
FOR_GOOD = "for good; nameless after erasure"


def _told(purpose: str) -> Column:
    return personal("behaviour", purpose, mask="as it is", copy="apass", erasure="kept nameless")


table(
    "apass.Membership",
    owner=OWNER,
    purpose="A member's way through APASS: list, invitation, terms, end.",
    kept=FOR_GOOD,
    plain="id member since due_at origin figures_at made_at proposed_by approved_by friend_of term "
    "term_began_at lets_lapse",
    state=_told("where it is"),
    figures=personal("behaviour", "what decided", mask="as it is", erasure="emptied"),
    invited_at=_told("when invited"),
    activated_at=_told("since when"),
    term_ends_at=_told("until when"),
    ended_at=_told("until when"),
)
table(
    "apass.InvitationCode",
    owner=OWNER,
    purpose="Codes of APASS: a digest each, used once.",
    kept=FOR_GOOD,
    plain="id kind membership selector digest made_at expires_at sent_at used_at used_by",
    sealed_text=personal("text", "the text to send, sealed", mask="never shown", erasure="deleted"),
)
table(
    "apass.ManagerAssignment",
    owner=OWNER,
    purpose="Who looks after a member of APASS.",
    kept=FOR_GOOD,
    plain="id member manager deputy since until",
)
table(
    "apass.CandidateRun",
    owner=OWNER,
    purpose="What the nightly look for candidates found.",
    kept="for good",
    plain="on at looked_at found dropped seconds",
)
table(
    "apass.Prospect",
    owner=OWNER,
    purpose="Members, as the back office looks at them for APASS: no columns of its own.",
    kept="nothing is kept",
)
