"""How each address is asked: which row of a tenant stands in it, and what is sent along."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls.converters import get_converters
from django.utils import timezone

from common.ids import public_key

_PART = re.compile(r"<(?:(\w+):)?(\w+)>")

# Which row stands in an address: by the kind of its key, and where that does not say enough by name.
BY_KIND = {
    "cnv": "talk", "att": "file", "edn": "edition", "cas": "pending", "dev": "device",
    "hrc": "marked", "blk": "block", "whk": "webhook", "whd": "delivery", "prq": "data_request", "ntf": "notice",
    "rtg": "review", "cfl": "case_file", "sac": "waiting_act",
    "mga": "account", "usr": "hand",
    "bul": "bulletin",
    "rcp": "complaint", "rcf": "complaint_file", "rfl": "reviewer_flag", "rap": "reviewer_appeal",
    "gst": "gesture",
}  # fmt: skip
BY_ARGUMENT = {
    "seq": "seq", "order_no": "order_no", "product_no": "product_no", "shop_no": "shop_no",
    "member_no": "member_no", "secret": "secret", "code": "channel",
    "number": "version", "violation_no": "violation_no",
    "merchant_no": "merchant_no",
}  # fmt: skip
BY_NAME = {
    "api-acceptance": "queued",
    "api-case": "case",
    "api-team": "team",
    "api-harassment-rest": "harassed",
    "radio-feed-revocation": "feed",
    "api-push-subscription": "browser",
    "api-push-device": "phone",
    "notice-browser": "browser",
    "notice-phone": "phone",
    "end-app": "device",
    "end-session": "session",
    "passkey": "passkey",
    ("api-resolution", "delete"): "done",
    "api-shop-act-undo": "acted",
    "api-shop-violation-appeal": "decided_no",
    "shop-violation-appeal": "decided_no",
    "api-shop-violation-papers": "appealed_no",
    "api-ruling": "appealed_no",
    "api-my-complaint-appeal": "upheld_complaint",
    "my-complaint-appeal": "upheld_complaint",
    "api-shop-reapplication": "rejected_complaint",
    "shop-complaint-more": "rejected_complaint",
    "api-gesture-fulfilment": "accepted_gesture",
    "shop-gesture-fulfilment": "accepted_gesture",
}
# Addresses with two arguments: the code names a rule, the number its version.
CODE_OF = {
    "api-rule": "rule", "api-rule-version": "rule", "api-rule-diff": "rule", "rule": "rule",
    "rule-version": "rule", "rule-text": "rule", "api-rule-draft": "draft",
    "pilot": "tried", "pilot-feedback": "tried", "pilot-decline": "tried", "pilot-accept": "tried",
    "api-rule-draft-voice": "draft", "shop-rule-draft": "draft", "shop-rule-voice": "draft",
}  # fmt: skip
FIXED = {"api-parameter": "api.page_rows", "unsubscribe": "no-such-word"}

FORMS = {
    ("api-attachments", "post"),
    ("api-shop-violation-files", "post"),
    ("api-violation-files", "post"),
    ("api-review-complaint-files", "post"),
}
"""Addresses that take a file."""

# What is sent: a function of the rows, so that a foreign request names foreign things in its body too.
BODIES = {
    ("api-conversations", "post"): lambda r: {"body": "在吗", "order_no": r["order_no"]},
    ("api-messages", "post"): lambda r: {"client_id": str(uuid4()), "body": "在的"},
    ("api-read-mark", "put"): lambda r: {"seq": 1},
    ("api-notes", "post"): lambda r: {"body": "催过"},
    ("api-transfers", "post"): lambda r: {"team": r["team"], "note": "请接"},
    ("api-takeover", "post"): lambda r: {"reason": "我来"},
    ("api-resolution", "post"): lambda r: {"disposition": "solved"},
    ("api-resolution", "delete"): lambda r: {"reason": "还没好"},
    ("api-harassment", "post"): lambda r: {
        "grade": 0, "ground": "angry", "reason": "很生气", "quotes": []
    },
    ("api-harassment-confirmation", "post"): lambda r: {"has_request": False, "reason": "属实"},
    ("api-harassment-dismissal", "post"): lambda r: {"reason": "不属实"},
    ("api-limit-appeal", "post"): lambda r: {"text": "不是我说的"},
    ("my-appeal", "post"): lambda r: {"text": "不是我说的"},
    ("api-presence", "put"): lambda r: {"presence": "online"},
    ("api-cases", "post"): lambda r: {
        "conversation": public_key("cnv", r["talk"]), "reason": "该听听"
    },
    ("api-case-selection", "post"): lambda r: {"channels": [r["channel"]], "headline": "坏果"},
    ("api-case-merger", "post"): lambda r: {"into": public_key("cas", r["other_case"])},
    ("api-case-rejection", "post"): lambda r: {"reason": "说不清"},
    ("api-subscription", "put"): lambda r: {"is_muted": False},
    ("api-webhooks", "post"): lambda r: {
        "url": "https://hooks.example.com/new", "events": ["case.merged"]
    },
    ("api-webhook", "patch"): lambda r: {"description": "新的"},
    ("api-webhook-replays", "post"): lambda r: {"delivery": public_key("whd", r["delivery"])},
    ("api-reveals", "post"): lambda r: {
        "field": "phone", "purpose": "other", "reason": "核对一下电话"
    },
    ("api-redemptions", "post"): lambda r: {
        "code": "tea", "subject_key": "a cup", "reason": "渴了"
    },
    ("api-data-requests", "post"): lambda r: {"kind": "copy"},
    ("api-me", "patch"): lambda r: {"language": "en"},
    ("api-rule-draft-voice", "put"): lambda r: {"choice": "for"},
    ("shop-rule-voice", "post"): lambda r: {"choice": "for"},
    ("api-notification-readings", "post"): lambda r: {"up_to": public_key("ntf", r["notice"])},
    ("api-notification-preferences", "patch"): lambda r: {"discreet": True},
    ("api-push-subscriptions", "post"): lambda r: {
        "endpoint": "https://fcm.googleapis.com/new", "keys": {"p256dh": "x", "auth": "y"}
    },
    ("api-push-devices", "post"): lambda r: {"platform": "ios", "token": "a new one"},
    ("api-notification-tests", "post"): lambda r: {"medium": "page"},
    ("api-notification-email", "post"): lambda r: {"address": "new@example.com"},
    ("api-notification-email-confirmation", "post"): lambda r: {"code": "123456"},
    ("api-sign-ins", "post"): lambda r: {
        "account": r["member"], "password": "wrong-word-1",
        "device": {"name": "x", "platform": "ios"},
    },
    ("api-second-steps", "post"): lambda r: {"challenge": "x", "code": "123456"},
    ("api-sign-in-refresh", "post"): lambda r: {"refresh_token": "x"},
    ("radio-subscription", "post"): lambda r: {"do": "subscribe"},
    ("radio-selection", "post"): lambda r: {"channels": [r["channel"]], "headline": "坏果"},
    ("radio-merger", "post"): lambda r: {"into": str(r["other_case"])},
    ("radio-rejection", "post"): lambda r: {"reason": "说不清"},
    ("notification-readings", "post"): lambda r: {"notification": public_key("ntf", r["notice"])},
    ("api-own-rating", "post"): lambda r: {"grade": "positive"},
    ("api-own-rating", "patch"): lambda r: {"grade": "neutral"},
    ("api-own-rating-followup", "post"): lambda r: {"text": "还不错"},
    ("api-review-replies", "post"): lambda r: {"text": "谢谢"},
    ("api-shop-violation-statement", "post"): lambda r: {"text": "我们有证书"},
    ("api-shop-violation-appeal", "post"): lambda r: {"text": "不是我们"},
    ("api-shop-violation-papers", "post"): lambda r: {"text": "补上"},
    ("shop-violation-statement", "post"): lambda r: {"text": "我们有证书"},
    ("shop-violation-appeal", "post"): lambda r: {"text": "不是我们"},
    ("api-violations", "post"): lambda r: {
        "shop_no": r["shop_no"], "rule": "misdescription", "act": "写有机，检测不是",
        "act_at": "2026-01-01T00:00:00Z",
    },
    ("api-ruling", "post"): lambda r: {"outcome": "upheld", "reason": "查过了"},
    ("api-shop-acts", "post"): lambda r: {
        "kind": "delist", "days": 1, "rule": "misdescription", "reason": "先下架"
    },
    ("api-shop-act-approval", "post"): lambda r: {"reason": "同意"},
    ("api-shop-act-undo", "post"): lambda r: {"reason": "撤回"},
    ("api-shop-staff", "post"): lambda r: {
        "merchant_no": r["merchant_no"], "account": r["hired"], "rights": ["vote"]
    },
    ("api-shop-staff-one", "put"): lambda r: {"rights": ["vote"]},
    ("shop-people-invite", "post"): lambda r: {f"{r['merchant_no']}-account": r["hired"]},
    ("shop-people-rights", "post"): lambda r: {"rights": ["vote"]},
    ("portfolio-absence", "post"): lambda r: {
        "first_day": str(timezone.localdate()), "last_day": str(timezone.localdate()),
        "why": "leave",
    },
    ("portfolio-contact", "post"): lambda r: {
        f"{public_key('mga', r['account'])}-medium": "phone",
        f"{public_key('mga', r['account'])}-text": "谈过",
    },
    ("pilot-feedback", "post"): lambda r: {"text": "不错"},
    ("api-review-complaint", "post"): lambda r: {
        "type": "extortion", "text": "要挟", "quotes": [{"conversation": r["talk_no"], "seqs": [1]}],
    },
    ("shop-review-complaint", "post"): lambda r: {
        "type": "extortion", "text": "要挟", "conversation": r["talk_no"], "seqs": "1",
    },
    ("shop-review-reply", "post"): lambda r: {"text": "谢谢"},
    ("api-shop-reapplication", "post"): lambda r: {"text": "补充"},
    ("shop-complaint-more", "post"): lambda r: {"text": "补充"},
    ("api-complaint-decision", "post"): lambda r: {"outcome": "rejected", "reason": "查过了"},
    ("api-my-complaint-appeal", "post"): lambda r: {"text": "没有要挟"},
    ("my-complaint-appeal", "post"): lambda r: {"text": "没有要挟"},
    ("api-my-flag-appeal", "post"): lambda r: {"text": "没有要挟"},
    ("my-flag-appeal", "post"): lambda r: {"text": "没有要挟"},
    ("api-reviewer-appeal-answer", "post"): lambda r: {"granted": True, "answer": "属实"},
    ("api-exposure-weights", "post"): lambda r: {
        "member_no": r["member_no"], "shop_nos": [r["shop_no"]]
    },
    ("api-shop-goodwill", "post"): lambda r: {
        "month_budget": "500", "most_each": "50", "kinds": ["coupon", "gift"],
    },
    ("shop-goodwill-plan", "post"): lambda r: {
        "month_budget": "500", "most_each": "50", "kinds": ["coupon", "gift"],
    },
    ("api-shop-gestures", "post"): lambda r: {
        "order_no": r["offered_no"], "kind": "coupon", "amount": "5", "words": "来晚了，抱歉",
    },
    ("shop-goodwill-offer", "post"): lambda r: {
        "order_no": r["offered_no"], "kind": "coupon", "amount": "5", "words": "来晚了，抱歉",
    },
    ("api-gesture-fulfilment", "post"): lambda r: {"proof": "SF1234567890"},
    ("shop-gesture-fulfilment", "post"): lambda r: {"proof": "SF1234567890"},
    ("api-my-gesture-answer", "post"): lambda r: {"accept": True},
    ("my-goodwill-answer", "post"): lambda r: {"accept": "yes"},
    ("privacy-correction", "post"): lambda r: {"field": "name", "wish": "周宁"},
}  # fmt: skip
QUERIES = {
    ("api-search", "get"): lambda r: "q=车厘子",
    ("api-editions", "get"): lambda r: f"channel={r['channel']}",
    ("radio", "get"): lambda r: f"channel={r['channel']}",
    ("new-chat", "get"): lambda r: f"order={r['order_no']}",
    ("api-shop-changes", "get"): lambda r: "since=2026-01-01&until=2026-01-02",
    ("api-canned-replies", "get"): lambda r: f"conversation={public_key('cnv', r['talk'])}",
}
"""Lists that take the name of a thing: a foreign one is asked for here as it is in an address."""


def takes_an_id(route: str, name: str, method: str) -> bool:
    """Tell whether a request names something that may be somebody else's."""
    if (name, method) in QUERIES and name != "api-search":
        return True
    named = {("api-conversations", "post"), ("api-cases", "post")}
    named |= {("api-shop-staff", "post")}
    named |= {("api-notification-readings", "post"), ("notification-readings", "post")}
    return (name, method) in named or (bool(_PART.search(route)) and name not in FIXED)


def url_of(route: str, name: str, method: str, rows: Mapping[str, Any]) -> str:
    """Return the address with the rows of one tenant in it."""

    def fill(match: re.Match[str]) -> str:
        kind, argument = match[1] or "str", match[2]
        if name in FIXED:
            return FIXED[name]
        row = BY_NAME.get((name, method)) or BY_NAME.get(name) or BY_KIND.get(kind)
        if argument == "code" and name in CODE_OF:
            row = CODE_OF[name]
        value = rows[row or BY_ARGUMENT[argument]]
        if kind == "whd":
            value = rows["delivery"]
        elif kind == "whk":
            value = rows["webhook"]
        return str(get_converters()[kind].to_url(value))

    url = "/" + _PART.sub(fill, route)
    if query := QUERIES.get((name, method)):
        url += f"?{query(rows)}"
    return url


def ask(client: Client, route: str, name: str, method: str, rows: Mapping[str, Any]) -> Any:
    """Send one request with the rows of one tenant in its address and its body."""
    url = url_of(route, name, method, rows)
    if method == "get":
        return client.get(url)
    if (name, method) in FORMS:
        return client.post(url, {"file": SimpleUploadedFile("a.txt", b"hello")})
    body = BODIES.get((name, method), lambda _rows: {})(rows)
    if not route.startswith("api/"):
        return getattr(client, method)(url, body)
    return getattr(client, method)(url, body, content_type="application/json")
