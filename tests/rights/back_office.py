"""Who may do what in the back office: a rule for each kind of page, and the lists it differs for.

Held by test_back_office for every list that is registered, so that a new one is thought about.
"""

from tests.rights.matrix import ACCOUNT_MANAGER, AUDITOR, NOBODY, OPERATIONS, SEE_ALL, Roles

# Whose lists may be looked at, by app; a list of an app that is not here is for superusers alone.
VIEW: dict[str, Roles] = {
    "accounts": SEE_ALL,
    "common": SEE_ALL,
    "workforce": SEE_ALL,
    "tickets": SEE_ALL,
    "radio": SEE_ALL,
    "merchants": SEE_ALL | {ACCOUNT_MANAGER},
    "trade": SEE_ALL | {ACCOUNT_MANAGER},
    "auth": NOBODY,
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
    "accounts.user": RUN,
    "accounts.webhookendpoint": RUN,
    "common.calendarday": RUN,
    "radio.channel": RUN,
    "tickets.cannedreply": RUN,
    "tickets.disposition": RUN,
    "workforce.team": RUN,
}
"""Who writes a row with a form; whatever is not here is made by an action, or comes by itself."""

DELETE: dict[str, Roles] = {"tickets.cannedreply": RUN}
"""Who deletes a row; nearly everything is kept."""
