"""Who may do what in the back office: a rule for each kind of page, and the lists it differs for.

Held by test_back_office for every list that is registered, so that a new one is thought about.
"""

from dataclasses import dataclass
from typing import Any

from tests.rights.matrix import (
    ACCOUNT_MANAGER,
    AUDITOR,
    EVERYBODY,
    NOBODY,
    OPERATIONS,
    SEE_ALL,
    STRANGER,
    TOKEN,
    Roles,
)

# Whose lists may be looked at, by app; a list of an app that is not here is for superusers alone.
VIEW: dict[str, Roles] = {
    "accounts": SEE_ALL,
    "apass": SEE_ALL,
    "common": SEE_ALL,
    "workforce": SEE_ALL,
    "tickets": SEE_ALL,
    "radio": SEE_ALL,
    "merchants": SEE_ALL | {ACCOUNT_MANAGER},
    "trade": SEE_ALL | {ACCOUNT_MANAGER},
    "django_q": NOBODY,
}
VIEW_OF: dict[str, Roles] = {
    # What was taken back is read by who reads the history; texts to phones by the demo alone.
    "tickets.recalledmessage": frozenset({AUDITOR}),
    "accounts.senttext": NOBODY,
}
"""Lists whose rows fewer may see than those of their app."""

EXPORT = SEE_ALL
"""Who takes rows out of the house: out of every list that may be looked at."""

RUN = frozenset({OPERATIONS})

ADD: dict[str, Roles] = {
    "accounts.integrationtoken": RUN,
    "accounts.segment": RUN,
    "accounts.standingrules": RUN,
    "accounts.user": RUN,
    "accounts.webhookendpoint": RUN,
    "apass.cohort": RUN,
    "apass.rollout": RUN,
    "apass.entitlement": RUN,
    "apass.entitlementrule": RUN,
    "apass.servicepackage": RUN,
    "common.calendarday": RUN,
    "radio.channel": RUN,
    "tickets.cannedreply": RUN,
    "tickets.disposition": RUN,
    "workforce.partner": RUN,
    "workforce.skill": RUN,
    "workforce.team": RUN,
    "workforce.workcalendar": RUN,
}
"""Who writes a row with a form; whatever is not here is made by an action, or comes by itself."""

DELETE: dict[str, Roles] = {"tickets.cannedreply": RUN}
"""Who deletes a row; nearly everything is kept."""

CHANGE: dict[str, Roles] = {
    "accounts.segment": RUN,
    "accounts.user": RUN,
    "accounts.webhookendpoint": RUN,
    "common.calendarday": RUN,
    "merchants.shop": RUN,
    "radio.channel": RUN,
    "tickets.cannedreply": RUN,
    "tickets.disposition": RUN,
    "workforce.partner": RUN,
    "workforce.skill": RUN,
    "workforce.team": RUN,
    "workforce.workcalendar": RUN,
}
"""Who posts the form of a row; whatever is not here is moved by actions alone."""


def _acts(names: str, **but: Roles) -> dict[str, Roles]:
    return dict.fromkeys(names.split(), RUN) | but


ACTS: dict[str, dict[str, Roles]] = {
    "accounts.contact": _acts("unmerge"),
    "accounts.device": _acts("end"),
    "accounts.integrationtoken": _acts("rotate revoke"),
    "accounts.legalhold": _acts("lift"),
    "accounts.likeness": _acts("merge apart"),
    "accounts.member": _acts("grant_vip88 post_case reveal hold ask join give_to"),
    "accounts.notificationdelivery": _acts("retry"),
    "accounts.personaldatarequest": _acts("correct begin bring_back refuse withdraw"),
    "accounts.scoreentry": _acts("take_back"),
    "accounts.segment": _acts("delete_it"),
    "accounts.standingrules": _acts("publish preview drop"),
    "accounts.tiertitle": _acts("end"),
    "accounts.user": _acts(
        "invite end_sessions reset_second_step set_roles unlock close reopen join",
        # Whoever is invited chooses their own; a superuser alone sets one.
        set_password=NOBODY,
    ),
    "accounts.webhookdelivery": _acts("replay"),
    "accounts.webhookendpoint": _acts("test replay pause resume rotate remove"),
    "accounts.websession": _acts("end"),
    "apass.cohort": _acts("add_members remove_members"),
    "apass.rollout": _acts(
        "add_stage drop_stage count_again propose approve reject hold go_on take_back finish "
        "let_holdout_in add_guardrail drop_guardrail decline rejoin promise"
    ),
    "apass.entitlement": _acts("end"),
    "apass.entitlementrule": _acts("end"),
    "apass.grant": _acts("end"),
    "apass.redemption": _acts("release"),
    "apass.servicepackage": _acts("end"),
    "apass.membership": _acts("approve invite reject renew let_lapse assign_manager"),
    "apass.prospect": _acts("propose"),
    "radio.case": _acts("select merge reject"),
    "radio.channel": _acts("close reopen"),
    "radio.feedtoken": _acts("revoke"),
    "tickets.contactblock": _acts("lift answer"),
    "tickets.harassmentcase": _acts("confirm dismiss"),
    "tickets.conversation": _acts("read_whole hand_on requeue resolve reopen"),
    "trade.product": _acts("take_down relist"),
    "workforce.agentskill": _acts("drop"),
    "workforce.agentstatus": _acts("set_presence set_level set_capacity cap record_quality"),
    "workforce.calendarexception": _acts("withdraw"),
    "workforce.partner": _acts("join close reopen"),
    "workforce.partnerstaff": _acts("leave"),
    "workforce.skill": _acts("give"),
    "workforce.team": _acts("give set_hours ask_skill"),
    "workforce.workcalendar": _acts("set_hours add_exception"),
}
"""Who moves rows by which action, from the row's page and from the list."""


@dataclass(frozen=True)
class Errand:
    """A door of long pieces of work: who uses it for what they asked for, who for what others did."""

    method: str
    own: Roles
    foreign: Roles


_SEEN = Errand("get", SEE_ALL, frozenset({AUDITOR}))
_FETCHED = Errand("get", SEE_ALL, NOBODY)
_STOPPED = Errand("post", SEE_ALL, NOBODY)
_LOOKED_AT = {"change": _SEEN, "history": _SEEN, "progress": _SEEN, "stop": _STOPPED}

ERRANDS: dict[str, dict[str, Errand]] = {
    # The file of a job has the keys of what was left as it was, and why: what its page shows too.
    "common.job": _LOOKED_AT | {"file": _SEEN},
    "common.export": _LOOKED_AT | {"file": _FETCHED},
    "common.importfile": _LOOKED_AT | {"file": _FETCHED, "begin": Errand("post", RUN, NOBODY)},
}
"""What one asked for stays one's own to look at and to stop when one's role changes."""

OFFICE = SEE_ALL | {ACCOUNT_MANAGER}
"""Who has a back office at all."""

OUTSIDE = (STRANGER, TOKEN, *sorted(EVERYBODY - OFFICE))
"""Whom its door stops, whatever is behind it; see test_back_office_door."""

INSIDE = tuple(sorted(OFFICE))
"""Whose every step behind the door is walked."""


def refused(answer: Any) -> bool:
    """Tell whether somebody was shown the sign-in, or that nothing is there."""
    return answer.status_code == 404 or answer.headers.get("Location", "").startswith(
        ("/?next=", "/admin/login/")
    )


PAGES: dict[str, Roles] = {
    "index": OFFICE,
    "search": OFFICE,
    "selftest": SEE_ALL,
    "selftest-echo": NOBODY,  # takes a POST alone
    "app_list": SEE_ALL,  # of people
    "autocomplete": SEE_ALL,  # for members
    "jsi18n": OFFICE,
    "accounts_segment_count": RUN,
    "common_importfile_upload": RUN,
    "common_parameter_value": SEE_ALL,
    # Django brings these; the house has its own, or none. A password is changed on one's own page.
    "login": NOBODY,
    "logout": NOBODY,
    "password_change": NOBODY,
    "password_change_done": NOBODY,
    "view_on_site": NOBODY,
}
"""Pages that belong to no row: who is shown them."""
