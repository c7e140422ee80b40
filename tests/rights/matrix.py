"""Who may do what at which address: the one table, declared by hand and held against the house.

A row is an address and a method. ``own`` names the roles that get an answer about what is theirs:
their conversation, their team's, their channel, their phone. ``foreign`` names those that get one
about what is somebody else's. Whoever is in neither gets 404, to the byte what a random id gets.

- ``no`` and ``foreign_no``: they may know of it and may not do it: 403.
- ``but``: they may, and the house refuses by a rule: a code of the refusal, or a bare status of a page.
- ``scope``: what an integration token needs; without one the address is closed to tokens (403).
- ``foreign=None``: the request names nothing that could be somebody else's.
- ``is_open``: strangers too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from accounts.rules import (
    ACCOUNT_MANAGER,
    AGENT,
    AUDITOR,
    BUSINESS,
    EXECUTIVE,
    LEAD,
    MEMBER,
    MERCHANT_STAFF,
    OPERATIONS,
    PARTNER_AGENT,
    SENIOR,
)

STRANGER, TOKEN = "stranger", "token"
Roles = frozenset[str]


def _(*roles: str) -> Roles:
    return frozenset(roles)


NOBODY = _()
EVERYBODY = _(
    MEMBER, MERCHANT_STAFF, AGENT, SENIOR, LEAD, PARTNER_AGENT, ACCOUNT_MANAGER, BUSINESS, OPERATIONS,
    AUDITOR, EXECUTIVE,
)  # fmt: skip
BUYER = _(MEMBER)
OURS = _(AGENT, SENIOR, LEAD)
PARTNER = _(PARTNER_AGENT)
DESK = OURS | PARTNER
SEE_ALL = _(OPERATIONS, AUDITOR)
STAFF = DESK | SEE_ALL
SIDES = BUYER | DESK  # who speaks in a conversation
KNOW_IT = SIDES | SEE_ALL  # who may know that it is there
RADIO = EVERYBODY - BUYER - PARTNER - _(MERCHANT_STAFF)
LISTED = _(BUSINESS, OPERATIONS)  # of a private channel: who is on its list, and who runs the radio
SCREEN = _(SENIOR, LEAD, OPERATIONS)
HOOKS = _(MERCHANT_STAFF, LEAD, ACCOUNT_MANAGER, BUSINESS, OPERATIONS)
RUN = _(OPERATIONS)
SHOPS = _(OPERATIONS, AUDITOR, ACCOUNT_MANAGER)  # who looks after all shops
SHOP = _(MERCHANT_STAFF)
ACT = OURS | RUN  # who finds violations and acts on shops
PORTFOLIO = _(ACCOUNT_MANAGER, OPERATIONS)
WALL = EVERYBODY - BUYER - PARTNER  # who reads what pilot shops try
LOOK = _(AUDITOR, ACCOUNT_MANAGER)  # who reads of shops in the back office and decides nothing


@dataclass(frozen=True)
class Row:
    """Who may do one thing at one address."""

    name: str
    method: str
    own: Roles
    foreign: Roles | None = None
    no: Roles = NOBODY
    foreign_no: Roles = NOBODY
    but: Mapping[str, Roles] = field(default_factory=dict)
    scope: str = ""
    is_open: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.name, self.method


def rows(
    name: str, methods: str, own: Roles, foreign: Roles | None = None, scope: str = "", **rest
) -> list[Row]:
    """Return a row for each of ``methods``, which differ in nothing."""
    return [Row(name, method, own, foreign, scope=scope, **rest) for method in methods.split()]


def _hooks() -> list[Row]:
    one, scope = "api-webhook", "webhooks"
    found = rows("api-webhooks", "get post", HOOKS, scope=scope)
    found += rows("api-webhook-events", "get", HOOKS, scope=scope)
    found += rows(one, "get patch delete", HOOKS, NOBODY, scope)
    for part, methods in {
        "pause": "put delete", "secret": "post", "tests": "post", "deliveries": "get",
        "delivery": "get", "replays": "post",
    }.items():  # fmt: skip
        found += rows(f"{one}-{part}", methods, HOOKS, NOBODY, scope)
    return found


def _speaking(name: str, method: str, scope: str, **rest) -> Row:
    """For the two sides; whoever only sees the conversation is told no."""
    return Row(name, method, SIDES, NOBODY, SEE_ALL, SEE_ALL, scope=scope, **rest)


def _deciding(name: str, *, by_owner: bool = False) -> Row:
    """A case in the kitchen, which is one for the whole house; who pushed it may not decide."""
    no_channel = {"case.no_channel": _(SENIOR, LEAD)} if by_owner else {}
    return Row(name, "post", SCREEN, SCREEN, _(AGENT) | PARTNER, but=no_channel, scope="cases")


NOT_OWNER_ALONE = {"not_owner": _(SENIOR)}
JUDGES = _(LEAD, OPERATIONS)  # of harassment, that of the own team or of all
NOT_OWNER = {"not_owner": _(SENIOR, LEAD)}
ALL_OF = EVERYBODY  # everybody has a profile, notifications, phones: their own and nobody else's

SECTIONS: dict[str, Iterable[Row]] = {
    "Conversations": [
        *rows("api-conversations", "get", EVERYBODY, scope="conversations"),
        Row("api-conversations", "post", BUYER, NOBODY, EVERYBODY - BUYER, EVERYBODY - BUYER,
            scope="conversations"),
        *rows("api-conversation", "get", KNOW_IT, SEE_ALL, "conversations"),
        *rows("api-queue-position", "get", KNOW_IT, SEE_ALL, "conversations"),
        *rows("api-panel", "get", STAFF, SEE_ALL, "conversations"),
        *rows("api-messages", "get", KNOW_IT, SEE_ALL, "messages"),
        _speaking("api-messages", "post", "messages", but=NOT_OWNER),
        Row("api-message", "delete", KNOW_IT, SEE_ALL, scope="messages",
            but={"recall.not_author": STAFF}),
        _speaking("api-read-mark", "put", "messages"),
        *rows("api-notes", "get", STAFF, SEE_ALL, "notes"),
        Row("api-notes", "post", DESK, NOBODY, SEE_ALL, SEE_ALL, scope="notes"),
        _speaking("api-attachments", "post", "attachments", but=NOT_OWNER),
        # Who sees it only masked first says why, then reads the original.
        Row("api-attachment", "get", SIDES, NOBODY, SEE_ALL, SEE_ALL, scope="attachments"),
        Row("api-acceptance", "post", DESK, NOBODY, SEE_ALL, SEE_ALL, scope="conversations"),
        Row("api-takeover", "post", DESK, NOBODY, SEE_ALL, SEE_ALL, scope="conversations"),
        Row("api-transfers", "post", DESK | RUN, RUN, _(AUDITOR), _(AUDITOR),
            but={"not_owner": _(SENIOR)}, scope="conversations"),
        Row("api-resolution", "post", DESK | RUN, RUN, _(AUDITOR), _(AUDITOR),
            but={"not_owner": _(SENIOR)}, scope="conversations"),
        Row("api-harassment", "post", DESK, NOBODY, SEE_ALL, SEE_ALL, but=NOT_OWNER_ALONE),
        *rows("api-harassment-cases", "get", JUDGES),
        *rows("api-harassment-confirmation", "post", JUDGES, RUN),
        *rows("api-harassment-dismissal", "post", JUDGES, RUN),
        # Whose case was confirmed.
        *rows("api-harassment-rest", "post", _(AGENT) | PARTNER, NOBODY),
        Row("api-resolution", "delete", DESK | RUN, RUN, _(AUDITOR), _(AUDITOR),
            scope="conversations"),
    ],
    "The desk": [
        Row("api-queue-next", "post", DESK, no=EVERYBODY - DESK, scope="queue"),
        *rows("api-desk", "get", DESK, scope="queue"),
        *rows("api-presence", "put", DESK, scope="presence"),
        *rows("api-canned-replies", "get", DESK, NOBODY, "canned_replies"),
        *rows("api-teams", "get", DESK, scope="queue"),
        # To whom a conversation can be handed is known to all who answer.
        # A partner knows its own teams and ours that takes what no other takes.
        *rows("api-team", "get", DESK, OURS, "queue"),
        *rows("desk", "get", DESK),
    ],
    "Members, orders, goods": [
        *rows("api-members", "get", EVERYBODY, scope="members"),
        # Masked to all but themselves: a caller is looked up before there is a conversation.
        *rows("api-member", "get", KNOW_IT - PARTNER, STAFF - PARTNER, "members"),
        *rows("api-member-standing", "get", KNOW_IT - PARTNER, STAFF - PARTNER, "members"),
        *rows("api-own-standing", "get", BUYER),
        Row("api-reveals", "post", OURS | RUN, RUN, _(MEMBER, AUDITOR), _(AUDITOR)),
        *rows("api-entitlements", "get", STAFF - PARTNER, STAFF - PARTNER, "entitlements"),
        Row("api-redemptions", "post", OURS | RUN, OURS | RUN, _(AUDITOR), _(AUDITOR),
            but={"redemption.no_key": OURS | RUN}, scope="entitlements"),
        *rows("api-orders", "get", EVERYBODY, scope="orders"),
        *rows("api-order", "get", (KNOW_IT - PARTNER) | _(ACCOUNT_MANAGER),
              (STAFF - PARTNER) | _(ACCOUNT_MANAGER), "orders"),
        *rows("api-refunds", "get", (KNOW_IT - PARTNER) | _(ACCOUNT_MANAGER),
              (STAFF - PARTNER) | _(ACCOUNT_MANAGER), "orders"),
        # What is on the shelves is for everybody who is signed in.
        *rows("api-products", "get", EVERYBODY, scope="products"),
        *rows("api-product", "get", EVERYBODY, EVERYBODY, "products"),
        *rows("api-shops", "get", EVERYBODY, scope="shops"),
        *rows("api-shop", "get", EVERYBODY, EVERYBODY, "shops"),
        # Reviews and scores are for everybody; what moves them for the shop's own, and who looks after all.
        *rows("api-reviews", "get", EVERYBODY, EVERYBODY, "shops"),
        *rows("api-shop-dsr", "get", EVERYBODY, EVERYBODY, "shops"),
        *rows("api-shop-home", "get", SHOPS | _(MERCHANT_STAFF), SHOPS, "shops"),
        *rows("api-shop-insight", "get", SHOPS | _(MERCHANT_STAFF), SHOPS, "shops"),
        Row("api-shop-changes", "get", SHOPS | _(MERCHANT_STAFF), SHOPS,
            but={"dsr.not_counted": SHOPS | _(MERCHANT_STAFF)}, scope="shops"),
        *rows("api-shop-experience", "get", SHOPS | SHOP, SHOPS, "shops"),
        *rows("api-shop-warnings", "get", SHOPS | SHOP, SHOPS, "shops"),
        *rows("api-shop-ratings", "get", SHOPS | _(MERCHANT_STAFF), SHOPS, "shops"),
        Row("api-review-replies", "post", _(MERCHANT_STAFF), NOBODY, SHOPS, SHOPS),
    ],
    "Rules of the marketplace": [
        # What was published judges everybody's conduct, so everybody may read it.
        *rows("api-rules", "get", EVERYBODY, scope="rules"),
        *rows("api-rule", "get", EVERYBODY, EVERYBODY, "rules"),
        *rows("api-rule-version", "get", EVERYBODY, EVERYBODY, "rules"),
        *rows("api-rule-diff", "get", EVERYBODY, EVERYBODY, "rules"),
        *rows("rules", "get", EVERYBODY),
        *rows("rule", "get", EVERYBODY, EVERYBODY),
        *rows("rule-version", "get", EVERYBODY, EVERYBODY),
        *rows("rule-text", "get", EVERYBODY, EVERYBODY),
        # Drafts: the merchants asked, who makes rules, auditors.
        *rows("api-rule-drafts", "get", EVERYBODY, scope="rules"),
        *rows("api-rule-draft", "get", SEE_ALL | SHOP, SEE_ALL, "rules"),
        *rows("api-rule-draft-voice", "put", SHOP, NOBODY, "rules"),
        *rows("shop-home", "get", SHOP),
        *rows("shop-rules", "get", SHOP),
        *rows("shop-rule-draft", "get", SHOP, NOBODY),
        *rows("shop-rule-voice", "post", SHOP, NOBODY),
    ],
    "The radio": [
        *rows("api-cases", "get", RADIO | PARTNER, scope="cases"),
        Row("api-cases", "post", DESK, NOBODY, SEE_ALL, SEE_ALL, scope="cases"),
        # The agent who pushed it, whoever reads the private channel it is in, who runs the radio.
        *rows("api-case", "get", _(AGENT) | PARTNER | LISTED, RUN, "cases"),
        _deciding("api-case-selection", by_owner=True),
        _deciding("api-case-merger"),
        _deciding("api-case-rejection"),
        *rows("api-channels", "get", RADIO, scope="channels"),
        *rows("api-channel", "get", LISTED, RUN, "channels"),
        *rows("api-subscriptions", "get", RADIO, scope="subscriptions"),
        *rows("api-subscription", "put delete", LISTED, RUN, "subscriptions"),
        *rows("api-editions", "get", RADIO, RADIO, "editions"),
        *rows("api-edition", "get", LISTED, RUN, "editions"),
        *rows("api-edition-readings", "post", LISTED, RUN, "editions"),
        *rows("radio", "get", LISTED, RUN),
        *rows("radio-channels", "get", RADIO),
        *rows("radio-subscription", "post", LISTED, RUN),
        *rows("radio-feed-address", "post", LISTED, RUN),
        *rows("radio-feed-revocation", "post", RADIO, NOBODY),
        *rows("radio-edition", "get", LISTED, RUN),
        *rows("radio-reading", "post", LISTED, RUN),
        *rows("radio-mine", "get", DESK),
        *rows("radio-kitchen", "get", SCREEN),
        *rows("radio-kitchen-case", "get", SCREEN, SCREEN),
        Row("radio-selection", "post", SCREEN, SCREEN, but={"422": _(SENIOR, LEAD)}),
        *rows("radio-merger", "post", SCREEN, SCREEN),
        *rows("radio-rejection", "post", SCREEN, SCREEN),
        # The address is the secret: whoever has it reads.
        Row("radio-feed", "get", EVERYBODY, EVERYBODY, is_open=True),
    ],
    "Webhooks": _hooks(),
    "Notifications": [
        *rows("api-notifications", "get", ALL_OF, scope="notifications"),
        *rows("api-notifications-unread", "get", ALL_OF, scope="notifications"),
        *rows("api-notification-reading", "post", ALL_OF, NOBODY, "notifications"),
        *rows("api-notification-readings", "post", ALL_OF, NOBODY, "notifications"),
        *rows("api-notification-preferences", "get patch", ALL_OF, scope="notifications"),
        *rows("api-notification-deliveries", "get", ALL_OF, scope="notifications"),
        Row("api-push-subscriptions", "post", ALL_OF, but={"push.bad_keys": ALL_OF}),
        *rows("api-push-subscription", "delete", ALL_OF, NOBODY),
        *rows("api-push-devices", "post", ALL_OF),
        *rows("api-push-device", "delete", ALL_OF, NOBODY),
        *rows("api-notification-tests", "post", ALL_OF),
        *rows("api-notification-email", "post delete", ALL_OF),
        Row("api-notification-email-confirmation", "post", ALL_OF,
            but={"email.nothing_waiting": ALL_OF}),
        *rows("notifications", "get", ALL_OF),
        *rows("notification-readings", "post", ALL_OF, NOBODY),
        *rows("notices", "get", ALL_OF),
        *rows("notice-media", "post", ALL_OF),
        *rows("notice-quiet", "post", ALL_OF, but={"422": ALL_OF}),
        *rows("notice-email", "post", ALL_OF, but={"422": ALL_OF}),
        *rows("notice-email-code", "post", ALL_OF, but={"422": ALL_OF}),
        *rows("notice-email-removal", "post", ALL_OF),
        *rows("notice-test", "post", ALL_OF),
        *rows("notice-browser", "post", ALL_OF, NOBODY),
        *rows("notice-phone", "post", ALL_OF, NOBODY),
        *rows("notice-log", "get", ALL_OF),
        # By the word in a letter; one that was not signed by us opens nothing for anybody.
        *rows("unsubscribe", "get post", NOBODY, is_open=True),
        *rows("service-worker", "get", EVERYBODY, is_open=True),
    ],
    "Oneself": [
        *rows("api-me", "get patch", ALL_OF),
        *rows("api-devices", "get delete", ALL_OF),
        *rows("api-device", "delete", ALL_OF, NOBODY),
        *rows("api-socket-tickets", "post", ALL_OF, scope="sockets"),
        *rows("api-changes", "get", ALL_OF),
        *rows("api-search", "get", ALL_OF, scope="search"),
        *rows("search", "get", ALL_OF),
        *rows("profile", "get post", ALL_OF),
        *rows("profile-password", "post", ALL_OF, but={"422": ALL_OF}),
        *rows("end-other-sessions", "post", ALL_OF),
        *rows("end-app", "post", ALL_OF, NOBODY),
        *rows("end-session", "post", ALL_OF, NOBODY),
        *rows("prove", "get post", ALL_OF),
        *rows("prove-begin", "post", ALL_OF, but={"text.json": ALL_OF}),
        *rows("prove-finish", "post", ALL_OF, but={"text.json": ALL_OF}),
        *rows("second-step-setup", "get post", ALL_OF),
        *rows("code-app-remove", "post", ALL_OF),
        *rows("recovery-codes", "post", ALL_OF),
        *rows("passkey-new-begin", "post", ALL_OF, but={"text.json": ALL_OF}),
        *rows("passkey-new-finish", "post", ALL_OF, but={"text.json": ALL_OF}),
        # Asked for the password first, whosever it is; then only one's own are found.
        *rows("passkey", "post", ALL_OF, NOBODY),
    ],
    "A member's own pages": [
        *rows("me", "get", BUYER),
        *rows("my-orders", "get", BUYER),
        *rows("my-rating", "get", BUYER, NOBODY),
        Row("my-rating", "post", BUYER, NOBODY, but={"422": BUYER}),
        *rows("api-own-rating", "get", BUYER, NOBODY),
        # Mei has rated hers: once and for good, and a good one is never changed.
        Row("api-own-rating", "post", BUYER, NOBODY, but={"rating.already": BUYER}),
        Row("api-own-rating", "patch", BUYER, NOBODY,
            but={"review.not_editable": BUYER}),
        Row("api-own-rating", "delete", BUYER, NOBODY, but={"review.not_editable": BUYER}),
        *rows("api-own-rating-followup", "post", BUYER, NOBODY),
        *rows("promises", "get", BUYER),
        *rows("api-my-entitlements", "get", BUYER, scope="entitlements"),
        *rows("new-chat", "get", BUYER, NOBODY),
        *rows("chat", "get", BUYER, NOBODY),
        *rows("my-appeal", "post", BUYER, NOBODY),
        *rows("api-limits", "get", BUYER),
        *rows("api-limit-appeal", "post", BUYER, NOBODY),
        # Mei is one of APASS; whoever was told of none finds nothing (tests/apass/test_membership_doors).
        *rows("my-apass", "get", BUYER),
        Row("my-apass-acceptance", "post", BUYER, but={"422": BUYER}),
        *rows("my-apass-refusal", "post", BUYER),
        *rows("my-apass-friend-codes", "post", BUYER),
        *rows("my-apass-friend", "get", NOBODY, NOBODY),
        *rows("api-my-apass", "get", BUYER),
        Row("api-my-apass-acceptance", "post", BUYER, but={"apass.already": BUYER}),
        Row("api-my-apass-refusal", "post", BUYER, but={"apass.cannot_move": BUYER}),
        *rows("api-my-apass-friend-codes", "post", BUYER),
        *rows("api-accesses", "get", BUYER),
        *rows("api-data-requests", "get post", BUYER),
        *rows("api-data-request", "get delete", BUYER, NOBODY),
        *rows("standing", "get", BUYER),
        *rows("privacy", "get", BUYER),
        *rows("privacy-copy", "post", BUYER),
        Row("privacy-download", "get", BUYER, NOBODY, but={"404": BUYER}),
        *rows("privacy-correction", "post", BUYER),
        *rows("privacy-erasure", "get", BUYER),
        Row("privacy-erasure", "post", BUYER, but={"422": BUYER}),
        *rows("privacy-withdrawal", "post", BUYER, NOBODY),
    ],
    "Shops and their cases": [
        *rows("api-shop-violations", "get", EVERYBODY),
        *rows("api-shop-violation", "get", SHOP, NOBODY),
        *rows("api-shop-violation-files", "post", SHOP, NOBODY),
        *rows("api-shop-violation-file", "get", SHOP | RUN | LOOK, RUN | LOOK),
        *rows("api-shop-violation-statement", "post", SHOP, NOBODY),
        Row("api-shop-violation-exam", "post", SHOP, NOBODY, but={"exam.not_offered": SHOP}),
        *rows("api-shop-violation-appeal", "post", SHOP, NOBODY),
        Row("api-shop-violation-papers", "post", SHOP, NOBODY, but={"appeal.cannot_move": SHOP}),
        *rows("api-penalty-notices", "get", EVERYBODY),
        *rows("shop-score", "get", SHOP),
        *rows("shop-violations", "get", SHOP),
        *rows("shop-notices", "get", SHOP),
        *rows("shop-violation", "get", SHOP, NOBODY),
        *rows("shop-violation-statement", "post", SHOP, NOBODY),
        Row("shop-violation-exam", "post", SHOP, NOBODY, but={"422": SHOP}),
        *rows("shop-violation-appeal", "post", SHOP, NOBODY),
        *rows("api-shop-bulletins", "get", SHOP, NOBODY),
        *rows("api-shop-bulletin", "get", SHOP, NOBODY),
        *rows("api-shop-bulletin-reading", "post", SHOP, NOBODY),
        *rows("shop-bulletins", "get", SHOP),
        *rows("shop-bulletin", "get", SHOP, NOBODY),
        *rows("shop-bulletin-reading", "post", SHOP, NOBODY),
        *rows("api-shop-manager", "get", SHOPS | SHOP, SHOPS, "shops"),
        *rows("api-shop-staff", "get", EVERYBODY),
        # Operations give a reason, in the back office.
        Row("api-shop-staff", "post", SHOP | RUN, RUN, but={"staff.no_reason": RUN}),
        *rows("api-shop-staff-one", "put delete", SHOP, NOBODY),
        *rows("shop-people", "get", SHOP),
        *rows("shop-people-invite", "post", SHOP, NOBODY),
        *rows("shop-people-rights", "post", SHOP, NOBODY),
        *rows("shop-people-end", "post", SHOP, NOBODY),
        *rows("portfolio", "get", PORTFOLIO),
        Row("portfolio-absence", "post", PORTFOLIO, but={"422": RUN}),
        *rows("portfolio-return", "post", PORTFOLIO),
        *rows("portfolio-contact", "post", PORTFOLIO, RUN),
        # One wall for all: what another shop says of it is read by everybody who tries it.
        *rows("pilots", "get", WALL),
        *rows("pilot", "get", WALL, WALL),
        *rows("pilot-feedback", "post", WALL - _(AUDITOR, EXECUTIVE), WALL - _(AUDITOR, EXECUTIVE),
              no=_(AUDITOR, EXECUTIVE), foreign_no=_(AUDITOR, EXECUTIVE)),
        *rows("pilot-decline", "post", SHOP, NOBODY),
        *rows("pilot-accept", "post", SHOP, NOBODY),
        *rows("api-violations", "post", ACT),
        # The shop was told: nothing is added any more.
        Row("api-violation-files", "post", RUN, RUN, but={"violation.cannot_move": RUN}),
        # Whoever reads appeals in the back office knows of it and may not rule.
        Row("api-ruling", "post", RUN, RUN, LOOK, LOOK),
        *rows("api-shop-acts", "post", ACT, ACT),
        Row("api-shop-act-approval", "post", ACT, ACT, LOOK, LOOK),
        Row("api-shop-act-undo", "post", ACT, ACT, LOOK, LOOK),
    ],
    "Complaints about reviews": [
        *rows("api-shop-complaints", "get", EVERYBODY),
        *rows("api-shop-complaint", "get", SHOP, NOBODY),
        *rows("api-review-complaint", "post", SHOP, NOBODY),
        *rows("api-review-complaint-files", "post", SHOP, NOBODY),
        *rows("api-shop-complaint-file", "get", SHOP | RUN | LOOK, RUN | LOOK),
        *rows("api-shop-reapplication", "post", SHOP, NOBODY),
        # Whoever reads of cases knows of it and may not decide.
        Row("api-complaint-decision", "post", RUN, RUN, _(AUDITOR), _(AUDITOR)),
        *rows("api-my-review-matters", "get", BUYER),
        *rows("api-my-complaint-appeal", "post", BUYER, NOBODY),
        *rows("api-my-flag-appeal", "post", BUYER, NOBODY),
        *rows("api-reviewer-appeal-answer", "post", RUN, RUN),
        *rows("api-exposure-weights", "post", RUN, scope="exposures"),
        *rows("api-flag-measurement", "get", SEE_ALL),
        *rows("shop-reviews", "get", SHOP),
        *rows("shop-review", "get", SHOP, NOBODY),
        *rows("shop-review-reply", "post", SHOP, NOBODY),
        *rows("shop-review-complaint", "post", SHOP, NOBODY),
        *rows("shop-complaints", "get", SHOP),
        *rows("shop-complaint", "get", SHOP, NOBODY),
        *rows("shop-complaint-more", "post", SHOP, NOBODY),
        *rows("my-review-matters", "get", BUYER),
        *rows("my-complaint-appeal", "post", BUYER, NOBODY),
        *rows("my-flag-appeal", "post", BUYER, NOBODY),
        *rows("policy-malicious-reviews", "get", EVERYBODY, is_open=True),
    ],
    "Goodwill of shops": [
        *rows("api-shop-goodwill", "get post", SHOP, NOBODY),
        *rows("api-shop-gestures", "get post", SHOP, NOBODY),
        *rows("api-shop-goodwill-effect", "get", SHOP, NOBODY),
        *rows("api-gesture-fulfilment", "post", SHOP, NOBODY),
        *rows("api-gesture-withdrawal", "post", SHOP, NOBODY),
        *rows("api-my-gestures", "get", BUYER),
        *rows("api-my-gesture", "get", BUYER, NOBODY),
        *rows("api-my-gesture-answer", "post", BUYER, NOBODY),
        *rows("shop-goodwill", "get", SHOP),
        *rows("shop-goodwill-plan", "post", SHOP, NOBODY),
        *rows("shop-goodwill-offer", "post", SHOP, NOBODY),
        *rows("shop-gesture-fulfilment", "post", SHOP, NOBODY),
        *rows("shop-gesture-withdrawal", "post", SHOP, NOBODY),
        *rows("my-goodwill", "get", BUYER),
        *rows("my-goodwill-answer", "post", BUYER, NOBODY),
    ],
    "Running the house": [
        *rows("api-parameters", "get", SEE_ALL, scope="parameters"),
        *rows("api-parameter", "get", SEE_ALL, scope="parameters"),
        # Whoever has no back office, strangers among them, finds nothing there.
        *rows("components", "get", SEE_ALL | _(ACCOUNT_MANAGER), is_open=True),
    ],
    "Coming in": [
        *rows("front", "get", EVERYBODY, is_open=True),
        Row("front", "post", EVERYBODY, but={"422": EVERYBODY}, is_open=True),
        Row("api-sign-ins", "post", EVERYBODY, but={"401": EVERYBODY}, is_open=True),
        Row("api-second-steps", "post", EVERYBODY, but={"401": EVERYBODY}, is_open=True),
        Row("api-sign-in-refresh", "post", EVERYBODY, but={"401": EVERYBODY}, is_open=True),
        # For an app that came in by itself; a browser has nothing to end here.
        Row("api-sign-in-current", "delete", EVERYBODY, but={"401": EVERYBODY}),
        *rows("second-step", "get post", EVERYBODY, is_open=True),
        Row("passkey-begin", "post", EVERYBODY, but={"text.json": EVERYBODY}, is_open=True),
        Row("passkey-finish", "post", EVERYBODY, but={"text.json": EVERYBODY}, is_open=True),
        *rows("join", "get post", EVERYBODY, is_open=True),
        *rows("join-code", "get post", EVERYBODY, is_open=True),
        *rows("reset", "get post", EVERYBODY, is_open=True),
        *rows("reset-code", "get post", EVERYBODY, is_open=True),
        *rows("reset-password", "get post", EVERYBODY, is_open=True),
        *rows("invitation", "get post", EVERYBODY, is_open=True),
        # The demo alone has it.
        *rows("demo-sign-in", "post", NOBODY, is_open=True),
        *rows("sign-out", "post", EVERYBODY, is_open=True),
    ],
    "For machines": [
        *rows("api-schema", "get", EVERYBODY, is_open=True),
        *rows("api-docs", "get", EVERYBODY, is_open=True),
        *rows("healthz", "get post", EVERYBODY, is_open=True),
        *rows("readyz", "get post", EVERYBODY, is_open=True),
        *rows("set_language", "get post", EVERYBODY, is_open=True),
        *rows("javascript-catalog", "get", EVERYBODY, is_open=True),
        *rows("favicon.ico", "get post", EVERYBODY, is_open=True),
    ],
}  # fmt: skip

MATRIX: dict[tuple[str, str], Row] = {row.key: row for part in SECTIONS.values() for row in part}
