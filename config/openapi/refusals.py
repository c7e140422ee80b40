"""With which codes an operation refuses. Codes are stable; new ones may join, none changes its meaning."""

SIGN_IN = ("not_authenticated", "token.missing", "token.unknown", "token.expired", "token.revoked")
Codes = dict[int, tuple[str, ...]]

ALWAYS: Codes = {
    401: SIGN_IN,
    403: ("forbidden", "token.scope", "second_step.missing"),
    406: ("not_acceptable",),
    429: ("too_fast",),
}
"""Everywhere, except where strangers ask (these know 406 and 429 alone)."""

CHANGING: Codes = {403: ("csrf",)}
KEYED: Codes = {
    400: ("idempotency.bad_key",),
    409: ("idempotency.running",),
    422: ("idempotency.other_request",),
}
TEXT = (
    "text.control", "text.empty", "text.json", "text.key", "text.nul", "text.number", "text.surrogate",
    "text.too_deep", "text.too_long", "text.type",
)  # fmt: skip
SENT: Codes = {
    400: ("invalid", "parse_error", "too_many_fields", *TEXT),
    411: ("length_required",),
    413: ("too_large",),
    415: ("unsupported_media_type",),
}
ASKED: Codes = {400: ("invalid", *TEXT)}
PAGED: Codes = {409: ("cursor.bad",)}
FOUND: Codes = {404: ("not_found",)}
MATCHED: Codes = {412: ("precondition.changed",)}

_FILE = (
    "file.active", "file.bomb", "file.broken", "file.empty", "file.kind", "file.locked", "file.pixels",
)  # fmt: skip
_CARD = ("attachment.unknown", "order.unknown", "product.unknown")
_OWNING = ("closed", "not_owner", "conversation.taken", "conversation.assigned")
_LIMITED = ("contact.blocked", "contact.text_only", "contact.too_soon")
_JUDGED = ("harassment.same_person", "harassment.decided", "reason.missing")
_ROOM = ("presence.not_online", "conversation.at_capacity")
_ADDRESS = ("address.bad", "address.internal", "address.plain", "address.port")
_SCREENED = ("case.already_screened", "radio.own_case")
_SCREENER = ("radio.not_screener",)
_WEBHOOK = ("webhook.removed",)
_OWN_CASE = ("conflict.own_case",)
_CASE_FILES = ("file.too_many", "file.unknown")

_CHANGED_REVIEW = (
    "review.edited", "review.not_editable", "review.too_late", "review.withdrawn",
)  # fmt: skip

OWN: dict[str, Codes] = {
    "rateOrder": {
        409: (
            "rating.already",
            "rating.empty",
            "rating.no_such_grade",
            "rating.not_finished",
            "rating.score_out_of_range",
            "rating.too_early",
            "rating.too_late",
        )
    },
    "changeReview": {409: (*_CHANGED_REVIEW, "rating.no_such_grade")},
    "withdrawReview": {409: _CHANGED_REVIEW},
    "followUpReview": {409: ("followup.already", "followup.too_late", "review.withdrawn")},
    "replyToReview": {403: ("reply.not_yours",), 409: ("reply.already", "reply.too_late")},
    "complainAboutReview": {
        409: (
            "complaint.already",
            "complaint.no_evidence",
            "complaint.no_review",
            "complaint.too_late",
            "complaint.too_many_quotes",
            "complaint.unknown_quote",
            "complaint.unknown_type",
            *_CASE_FILES,
        )
    },
    "uploadComplaintFile": {
        400: ("invalid", *_FILE),
        409: ("file.too_many",),
        413: ("file.too_large",),
    },
    "askComplaintOnceMore": {
        409: (
            "complaint.not_rejected",
            "complaint.reapplied",
            "complaint.too_late",
            *_CASE_FILES,
        )
    },
    "decideComplaint": {
        403: _OWN_CASE,
        409: (
            "complaint.decided",
            "complaint.no_reason",
            "complaint.same_person",
            "complaint.unknown_outcome",
            "measure.too_many_words",
        ),
    },
    "appealComplaint": {409: ("appeal.already", "appeal.settled", "appeal.too_late")},
    "appealReviewerFlag": {409: ("appeal.already", "appeal.settled", "appeal.too_late")},
    "answerReviewerAppeal": {
        403: _OWN_CASE,
        409: ("appeal.decided", "appeal.same_person", "complaint.no_reason"),
    },
    "planShopGoodwill": {409: ("goodwill.bad_budget", "goodwill.unknown_kind")},
    "offerGesture": {
        409: (
            "goodwill.already",
            "goodwill.bad_amount",
            "goodwill.for_review",
            "goodwill.no_plan",
            "goodwill.no_talk",
            "goodwill.over_budget",
            "goodwill.own_order",
            "goodwill.too_often",
            "goodwill.unknown_kind",
            "order.unknown",
        )
    },
    "fulfilGesture": {
        409: (
            "goodwill.bad_order",
            "goodwill.coupon_used",
            "goodwill.no_proof",
            "goodwill.not_accepted",
        )
    },
    "withdrawGesture": {409: ("goodwill.owed",)},
    "answerGesture": {409: ("goodwill.over",)},
    "weighExposures": {409: ("exposures.too_many",)},
    "explainShopScores": {409: ("dsr.not_counted", "dsr.wrong_order")},
    "sayOfRuleDraft": {
        404: ("draft.unknown",),
        409: ("consultation.over", "vote.no_comment", "vote.which_merchant"),
    },
    "signIn": {
        401: ("sign_in.wrong", "second_step.required"),
        403: ("second_step.missing",),
        409: ("sign_in.changed",),
        429: ("sign_in.locked",),
    },
    "answerSecondStep": {
        401: ("second_step.wrong", "second_step.expired"),
        403: ("second_step.missing",),
        409: ("sign_in.changed",),
        429: ("second_step.locked",),
    },
    "refreshTokens": {
        401: ("refresh.unknown", "refresh.expired", "refresh.revoked", "refresh.reused"),
    },
    "redeemEntitlement": {
        404: ("member.not_found",),
        409: (
            "entitlement.unknown",
            "entitlement.not_yours",
            "entitlement.used_up",
            "redemption.no_reason",
            "redemption.other_request",
            "redemption.no_key",
        ),
    },
    "revealField": {
        403: _OWN_CASE,
        404: ("member.not_found",),
        409: ("personal_data.no_reason", "personal_data.empty", "personal_data.budget"),
    },
    "askAboutData": {409: ("request.no_wish",)},
    "withdrawDataRequest": {409: ("request.cannot_move",)},
    "acceptApass": {
        409: (
            "apass.already",
            "apass.cannot_move",
            "apass.code_expired",
            "apass.code_foreign",
            "apass.code_locked",
            "apass.code_used",
            "apass.code_wrong",
            "apass.friend_not_ready",
            "apass.own_code",
        ),
    },
    "declineApass": {409: ("apass.cannot_move",)},
    "giveFriendCode": {409: ("apass.no_codes_left", "apass.not_active")},
    "listChanges": {409: ("cursor.bad", "changes.start_afresh")},
    "search": {409: ("cursor.bad",)},
    "openConversation": {
        409: (
            "message.empty",
            "conversation.bad_medium",
            "team.none",
            "closed",
            *_CARD,
            *_LIMITED,
            "contact.one_written",
        ),
    },
    "acceptConversation": {
        409: (*_OWNING, *_ROOM, "conversation.not_live", "conversation.skill_missing"),
    },
    "acceptNext": {409: _ROOM},
    "transferConversation": {
        409: (
            *_OWNING,
            "conversation.not_live",
            "transfer.no_note",
            "transfer.no_target",
            "transfer.not_agent",
            "transfer.not_in_team",
            "transfer.not_free",
            "transfer.same_owner",
            "transfer.not_online",
            "transfer.at_capacity",
            "transfer.team_closed",
            "transfer.same_team",
            "transfer.out_of_reach",
            "transfer.set_apart",
        ),
    },
    "takeOverConversation": {409: (*_OWNING, *_ROOM, "reason.missing", "conversation.not_open")},
    "resolveConversation": {409: (*_OWNING, "disposition.unknown", "conversation.not_open")},
    "reopenConversation": {409: (*_OWNING, "reason.missing", "conversation.not_resolved")},
    "postMessage": {409: ("message.empty", "closed", "not_owner", "unseen", *_CARD, *_LIMITED)},
    "recallMessage": {409: ("recall.not_author", "recall.too_late")},
    "addNote": {409: ("closed",)},
    "uploadAttachment": {
        400: ("invalid", *_FILE),
        409: ("not_owner", "closed", "attachment.too_many", "contact.text_only"),
        413: ("file.too_large",),
    },
    "uploadCaseFile": {
        400: ("invalid", *_FILE),
        403: _OWN_CASE,
        409: ("file.too_many", "violation.cannot_move"),
        413: ("file.too_large",),
    },
    "uploadEvidence": {
        400: ("invalid", *_FILE),
        403: _OWN_CASE,
        409: ("file.too_many", "violation.cannot_move"),
        413: ("file.too_large",),
    },
    "stateSide": {409: ("statement.already", "violation.too_late", *_CASE_FILES)},
    "chooseExam": {
        409: ("exam.not_offered", "exam.used", "violation.cannot_move", "violation.too_late"),
    },
    "fileAppeal": {409: ("appeal.already", "appeal.too_late", *_CASE_FILES)},
    "sendPapers": {409: ("appeal.cannot_move", "appeal.too_late", *_CASE_FILES)},
    "inviteShopStaff": {
        403: ("conflict.own_case",),
        409: ("staff.already", "staff.no_reason", "staff.unknown_person"),
    },
    "setShopStaffRights": {409: ("staff.ended", "staff.last_one")},
    "endShopStaff": {409: ("staff.last_one",)},
    "openViolation": {
        403: _OWN_CASE,
        409: (
            "violation.bad_items",
            "violation.in_the_future",
            "violation.no_class",
            "violation.no_rule",
            "violation.points_out_of_range",
            "violation.too_many_ratings",
            "violation.unknown_rating",
        ),
    },
    "ruleAppeal": {
        403: _OWN_CASE,
        409: (
            "appeal.cannot_move",
            "appeal.decided",
            "appeal.points_out_of_range",
            "appeal.same_person",
            "penalty.no_reason",
        ),
    },
    "actOnShop": {
        403: _OWN_CASE,
        409: (
            "penalty.no_reason",
            "shop_act.already",
            "shop_act.bad_days",
            "shop_act.no_rule",
            "violation.no_rule",
        ),
    },
    "approveShopAct": {
        403: _OWN_CASE,
        409: (
            "penalty.no_reason",
            "shop_act.cannot_move",
            "shop_act.no_limit",
            "shop_act.same_person",
            "shop_act.too_late",
        ),
    },
    "undoShopAct": {
        403: _OWN_CASE,
        409: (
            "penalty.no_reason",
            "shop_act.cannot_move",
            "shop_act.not_yours",
            "shop_act.too_late",
        ),
    },
    "markHarassment": {
        409: (
            "not_owner",
            "harassment.no_member",
            "harassment.grade",
            "harassment.no_quote",
            "harassment.bad_quote",
            "harassment.old_quote",
            "reason.missing",
        ),
    },
    "confirmHarassment": {409: (*_JUDGED, "harassment.no_owner")},
    "dismissHarassment": {409: _JUDGED},
    "takeRest": {409: ("harassment.no_rest",)},
    "appealLimit": {409: ("appeal.already", "appeal.too_late")},
    "setPresence": {409: ("presence.not_agent", "presence.reason_unknown")},
    "submitCase": {
        403: ("radio.may_not_submit",),
        409: (
            "case.no_reason",
            "case.headline_too_long",
            "case.too_many_quotes",
            "case.no_such_message",
            "case.cannot_quote",
        ),
    },
    "selectCase": {
        403: (*_SCREENER, *_OWN_CASE),
        409: (*_SCREENED, "case.no_headline", "case.headline_too_long", "case.no_channel"),
    },
    "mergeCase": {
        403: (*_SCREENER, *_OWN_CASE),
        409: (*_SCREENED, "case.merge_into_itself", "case.cannot_take_in"),
    },
    "rejectCase": {403: (*_SCREENER, *_OWN_CASE), 409: (*_SCREENED, "case.no_reason")},
    "changePreferences": {
        409: (
            "notification.unknown_kind",
            "notification.unknown_medium",
            "notification.not_silenced",
            "quiet.one_end",
            "quiet.bad_day",
            "quiet.unknown_zone",
        ),
    },
    "addBrowser": {
        409: ("push.unknown_service", "push.bad_keys", "push.too_many", *_ADDRESS),
    },
    "registerPushToken": {409: ("push.too_many",)},
    "sendTestNotification": {409: ("notification.no_target", "notification.too_many_tests")},
    "addEmail": {409: ("email.too_many_codes",)},
    "confirmEmail": {409: ("email.wrong_code", "email.nothing_waiting", "email.code_over")},
    "addWebhook": {
        409: (*_ADDRESS, "webhook.too_many", "webhook.unknown_event", "webhook.no_event"),
    },
    "changeWebhook": {409: (*_ADDRESS, *_WEBHOOK, "webhook.unknown_event", "webhook.no_event")},
    "pauseWebhook": {409: _WEBHOOK},
    "resumeWebhook": {409: _WEBHOOK},
    "rotateWebhookSecret": {409: _WEBHOOK},
    "testWebhook": {409: ("webhook.paused", *_WEBHOOK)},
    "replayDeliveries": {409: ("webhook.paused", "delivery.not_over", "delivery.on_its_way")},
}
"""What an operation refuses with beyond what all of its kind do."""


def joined(*tables: Codes) -> Codes:
    """Return the codes of several tables by status, each once, in order of status."""
    found: dict[int, dict[str, None]] = {}
    for table in tables:
        for status, codes in table.items():
            found.setdefault(status, {}).update(dict.fromkeys(codes))
    return {status: tuple(found[status]) for status in sorted(found)}
