"""Who may do what: the one table of roles and rights."""

from collections.abc import Iterable

MEMBER = "member"
MERCHANT_STAFF = "merchant_staff"
AGENT = "agent"
SENIOR = "senior"
LEAD = "lead"
PARTNER_AGENT = "partner_agent"
ACCOUNT_MANAGER = "account_manager"
BUSINESS = "business"
OPERATIONS = "operations"
AUDITOR = "auditor"
EXECUTIVE = "executive"

_WEIGHT = (
    OPERATIONS,
    AUDITOR,
    LEAD,
    SENIOR,
    AGENT,
    PARTNER_AGENT,
    ACCOUNT_MANAGER,
    BUSINESS,
    EXECUTIVE,
    MERCHANT_STAFF,
    MEMBER,
)

SERVICE_ROLES = frozenset({AGENT, SENIOR, LEAD, PARTNER_AGENT})
"""Roles that answer members at the desk."""

BESIDE_PARTNER = frozenset({PARTNER_AGENT, MEMBER, MERCHANT_STAFF})
"""Roles a partner's agent may have: whoever has one of the house's sees more than a partner may."""

ASKED, IN_PROGRESS, READY, DONE = "asked", "in_progress", "ready", "done"
REFUSED, CANCELLED = "refused", "cancelled"
"""States of a personal data request."""

OPEN_REQUESTS = frozenset({ASKED, IN_PROGRESS})
"""States in which a request runs against its deadline."""

REQUEST_MOVES: dict[str, frozenset[str]] = {
    ASKED: frozenset({IN_PROGRESS, REFUSED, CANCELLED}),
    IN_PROGRESS: frozenset({READY, DONE, REFUSED, CANCELLED}),
    READY: frozenset({DONE}),
    DONE: frozenset(),
    REFUSED: frozenset(),
    CANCELLED: frozenset(),
}

ACCESS_LOG_DAYS = 183
"""How long the access log is kept at least (Cybersecurity Law 21: network logs, six months)."""

RIGHTS: dict[str, frozenset[str]] = {
    MEMBER: frozenset({"me.use"}),
    MERCHANT_STAFF: frozenset({"webhooks.use", "shop.use", "pilots.read"}),
    AGENT: frozenset(
        {
            "pilots.read",
            "pilots.speak",
            "penalties.propose",
            "shops.act",
            "desk.use",
            "customers.look_up",
            "entitlements.redeem",
            "tickets.accept",
            "tickets.reply",
            "tickets.note",
            "radio.submit_case",
            "radio.read",
            "personal_data.reveal",
        }
    ),
    SENIOR: frozenset(
        {
            "pilots.read",
            "pilots.speak",
            "penalties.propose",
            "shops.act",
            "desk.use",
            "customers.look_up",
            "entitlements.redeem",
            "tickets.accept",
            "tickets.reply",
            "tickets.note",
            "radio.submit_case",
            "radio.read",
            "radio.screen",
            "personal_data.reveal",
        }
    ),
    LEAD: frozenset(
        {
            "pilots.read",
            "pilots.speak",
            "penalties.propose",
            "shops.act",
            "desk.use",
            "customers.look_up",
            "entitlements.redeem",
            "tickets.accept",
            "tickets.reply",
            "tickets.note",
            "tickets.reassign",
            "tickets.see_team",
            "harassment.confirm",
            "radio.submit_case",
            "radio.read",
            "radio.screen",
            "personal_data.reveal",
            "webhooks.use",
        }
    ),
    # Of a partner: its own queues and nothing beside them.
    PARTNER_AGENT: frozenset(
        {"desk.use", "tickets.accept", "tickets.reply", "tickets.note", "radio.submit_case"}
    ),
    ACCOUNT_MANAGER: frozenset(
        {
            "radio.read",
            "admin.use",
            "orders.see_all",
            "webhooks.use",
            "portfolio.use",
            "pilots.read",
            "pilots.speak",
        }
    ),
    BUSINESS: frozenset({"radio.read", "webhooks.use", "pilots.read", "pilots.speak"}),
    OPERATIONS: frozenset(
        {
            "portfolio.use",
            "managers.assign",
            "pilots.read",
            "pilots.speak",
            "pilots.manage",
            "staff.manage",
            "bulletins.manage",
            "bulletins.approve",
            "penalties.propose",
            "penalties.decide",
            "shops.act",
            "admin.use",
            "tickets.see_all",
            "tickets.reassign",
            "harassment.confirm",
            "radio.read",
            "radio.screen",
            "radio.manage",
            "people.manage",
            "scores.post",
            "titles.grant",
            "apass.manage",
            "standing.manage",
            "contacts.merge",
            "tokens.manage",
            "notifications.manage",
            "parameters.change",
            "entitlements.manage",
            "entitlements.redeem",
            "personal_data.reveal",
            "personal_data.handle",
            "products.manage",
            "ratings.manage",
            "exposures.weigh",
            "webhooks.use",
            "webhooks.manage",
            "admin.bulk",
            "admin.export",
            "admin.import",
            "views.share",
            "rollouts.manage",
            "rollouts.approve",
            "rules.manage",
            "rules.approve",
        }
    ),
    AUDITOR: frozenset(
        {
            "penalties.read",
            "pilots.read",
            "admin.use",
            "admin.export",
            "tickets.see_all",
            "radio.read",
            "history.read",
        }
    ),
    EXECUTIVE: frozenset({"radio.read", "pilots.read"}),
}


ADMIN_RIGHTS: dict[str, dict[str, frozenset[str]]] = {
    # role: {app label: actions allowed on that app's rows in the back office}
    OPERATIONS: {
        # Every page refuses to add and to delete unless its class allows it (canned replies).
        label: frozenset({"view", "add", "change", "delete"})
        for label in (
            "accounts",
            "apass",
            "workforce",
            "merchants",
            "trade",
            "tickets",
            "radio",
            "common",
        )
    },
    AUDITOR: {
        label: frozenset({"view"})
        for label in (
            "accounts",
            "apass",
            "workforce",
            "merchants",
            "trade",
            "tickets",
            "radio",
            "common",
        )
    },
    ACCOUNT_MANAGER: {label: frozenset({"view"}) for label in ("merchants", "trade")},
}


def rights_of(roles: Iterable[str]) -> frozenset[str]:
    """Return the union of what ``roles`` may do; unknown roles may nothing."""
    return frozenset().union(*(RIGHTS.get(role, frozenset()) for role in roles))


def first_role(roles: Iterable[str]) -> str:
    """Return the role in which somebody looks at a member's data: the one with the most to answer for."""
    held = set(roles)
    return next((role for role in _WEIGHT if role in held), "")


def admin_allows(roles: Iterable[str], app_label: str, action: str) -> bool:
    """Tell whether any of ``roles`` may do ``action`` (view, add, change, delete) on an app's rows."""
    return any(action in ADMIN_RIGHTS.get(role, {}).get(app_label, frozenset()) for role in roles)
