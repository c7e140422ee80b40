"""What main operations look like: a member's cherries arrived spoilt, and somebody answers."""

from typing import Any

_CONVERSATION = "cnv_0193a0f1c2d37e4fa0b1c2d3e4f50617"
_BO = {"id": "usr_1a2b3c4d5e6f47089a0b1c2d3e4f5061", "name": "许青禾"}
_ORDER = "2611200341700001"
_CLIENT_ID = "6f1f6c1e-0b0a-4b7e-9d57-1f2a3b4c5d6e"

_DEVICE = {
    "id": "dev_0193a0f0a1b27c3d8e4f5a6b7c8d9e0f",
    "name": "Mei 的手机",
    "platform": "ios",
    "app_version": "1.4.0",
    "signed_in_at": "2026-11-20T00:58:00Z",
    "last_used_at": None,
    "ends_at": "2026-12-20T00:58:00Z",
    "is_current": True,
}
_PERSON = {
    "id": "usr_2b3c4d5e6f7048199a0b1c2d3e4f5061",
    "name": "周小宁",
    "roles": ["member"],
    "language": "zh-hans",
}
_TOKENS = {
    "token_type": "Bearer",
    "access_token": "xat_0193a0f0a1b27c3d8e4f5a6b7c8d9e0f_…",
    "expires_in": 599,
    "refresh_token": "xrt_0193a0f0a1b27c3d8e4f5a6b7c8d9e0f_…",
    "refresh_expires_at": "2026-12-20T00:58:00Z",
    "device": _DEVICE,
    "person": _PERSON,
}
_CARD = {
    "id": _CONVERSATION,
    "version": "00d9k3m2q1",
    "conversation_no": "C261120K7M2Q",
    "medium": "app",
    "state": "waiting",
    "subject": "",
    "priority": 3,
    "opened_at": "2026-11-20T01:00:00Z",
    "queued_at": "2026-11-20T01:00:00Z",
    "accepted_at": None,
    "waiting_since": "2026-11-20T01:00:00Z",
    "resolved_at": None,
    "changed_at": "2026-11-20T01:00:00Z",
    "last_seq": 1,
    "last_message_at": "2026-11-20T01:00:00Z",
    "last_author_kind": "member",
    "last_message_kind": "text",
    "last_preview": "车厘子坏了一半",
    "member_read_seq": 0,
    "staff_read_seq": 0,
    "limited_until": None,
    "reopened_count": 0,
    "unread": 0,
    "team": {"code": "fresh", "name": "生鲜组"},
    "owner": None,
    "first_owner": None,
    "member": {
        "member_no": "M10000001",
        "name": "周小宁",
        "tier": "normal",
        "tier_label": "普通会员",
    },
    "shop": {"shop_no": "S3001", "name": "岭上鲜果旗舰店", "greeting_word": "亲"},
    "order": {
        "order_no": _ORDER,
        "product": "智利车厘子 JJ 级 2.5kg 礼盒",
        "paid_amount": "168.00",
        "status": "signed",
        "status_label": "已签收",
        "shop": "岭上鲜果旗舰店",
    },
    "disposition": None,
}
_TAKEN = _CARD | {
    "state": "open",
    "owner": _BO,
    "first_owner": _BO,
    "queued_at": None,
    "accepted_at": "2026-11-20T01:00:20Z",
    "changed_at": "2026-11-20T01:00:20Z",
    "last_seq": 2,
    "version": "00d9k3m2q2",
}
_MESSAGE = {
    "conversation": _CONVERSATION,
    "seq": 3,
    "client_id": _CLIENT_ID,
    "author": {"kind": "agent", "name": "许青禾"},
    "kind": "text",
    "body": "亲，我来办",
    "payload": None,
    "at": "2026-11-20T01:00:31.120000Z",
    "recalled": False,
}

_APASS = {
    "state": "active",
    "state_label": "有效",
    "invitation": None,
    "term": {
        "number": 1,
        "began_at": "2026-11-20T01:00:00Z",
        "ends_at": "2027-11-20T16:00:00Z",
    },
    "is_in_review": False,
    "invited_by": None,
    "manager": {"name": "许青禾", "deputy": "陆遥", "on_duty": "许青禾"},
    "friends": {"a_year": 2, "left": 2, "until": "2027-11-19T16:00:00Z", "codes": []},
}


def _problem(status: int, title: str, code: str, detail: str, instance: str, **more: Any) -> Any:
    return more | {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"/api/v1/{instance}",
        "code": code,
        "request_id": "req_5f0c7d1e2b3a49586c7d8e9f",
    }


EXAMPLES: dict[str, dict[str, Any]] = {
    "listRefunds": {
        "answers": {
            200: {
                "data": [
                    {
                        "refund_no": "R2611200341700001",
                        "order_no": _ORDER,
                        "kind": "refund_only",
                        "kind_label": "仅退款",
                        "amount": "84.00",
                        "reason": "坏了一半",
                        "applied_at": "2026-11-20T01:02:00Z",
                        "finished_at": "2026-11-20T01:05:00Z",
                        "outcome": "success",
                        "outcome_label": "已退款",
                    }
                ],
                "next_cursor": None,
            },
        },
    },
    "signIn": {
        "request": {
            "account": "mei",
            "password": "open-sesame-88",
            "device": {"name": "Mei 的手机", "platform": "ios", "app_version": "1.4.0"},
        },
        "answers": {
            201: _TOKENS,
            401: _problem(
                401, "Sign in first", "second_step.required",
                "Send the code of your code app, or a recovery code, with the challenge.", "sign-ins/",
                challenge="WyJhYmMi…", ways=["totp", "recovery"],
            ),
        },
    },
    "answerSecondStep": {
        "request": {"challenge": "WyJhYmMi…", "code": "492 039"},
        "answers": {201: _TOKENS},
    },
    "refreshTokens": {
        "request": {"refresh_token": _TOKENS["refresh_token"]},
        "answers": {
            200: _TOKENS,
            401: _problem(
                401, "Sign in first", "refresh.reused",
                "This refresh token was used before, so somebody may have copied it. This device was"
                " signed out; sign in again.", "sign-ins/refresh/",
            ),
        },
    },
    "getOwnApass": {"answers": {200: _APASS}},
    "acceptApass": {
        "request": {"code": "K7M2-9QXW-3F5D-8HJT"},
        "answers": {
            200: _APASS,
            409: _problem(
                409, "Not possible now", "apass.code_used", "This code has been used.",
                "me/apass/acceptance/",
            ),
        },
    },
    "giveFriendCode": {
        "answers": {
            201: {
                "code": "P4TN-2C8R-6VWA-1ZKE",
                "url": "https://help.example.com/me/apass/from/P4TN-2C8R-6VWA-1ZKE/",
                "expires_at": "2026-12-20T16:00:00Z",
                "left": 1,
            }
        },
    },
    "getSocketTicket": {
        "answers": {
            201: {
                "ticket": "xst_Jb3v…",
                "expires_in": 30,
                "url": "wss://help.example.com/ws/",
            }
        },
    },
    "openConversation": {
        "request": {
            "medium": "app",
            "order_no": _ORDER,
            "body": "车厘子坏了一半",
            "client_id": _CLIENT_ID,
        },
        "answers": {
            201: _CARD,
            404: _problem(
                404, "Not found", "not_found", "No such thing, or it is not yours to see.",
                "conversations/",
            ),
        },
    },
    "listConversations": {"answers": {200: {"data": [_CARD], "next_cursor": None}}},
    "getConversation": {"answers": {200: _TAKEN}},
    "acceptConversation": {
        "answers": {
            200: _TAKEN,
            409: _problem(
                409, "Not possible now", "conversation.taken", "许青禾 has taken it.",
                f"conversations/{_CONVERSATION}/acceptance/", owner={"name": "许青禾"},
            ),
        },
    },
    "resolveConversation": {
        "request": {"disposition": "refunded", "note": "照片核实，退一半"},
    },
    "postMessage": {
        "request": {"client_id": _CLIENT_ID, "body": "亲，我来办", "seen_seq": 1},
        "answers": {
            201: _MESSAGE,
            409: _problem(
                409, "Not possible now", "unseen",
                "The customer has just said something more. Read it, then send.",
                f"conversations/{_CONVERSATION}/messages/", last_seq=4,
            ),
            400: _problem(
                400, "Cannot be used", "invalid", "Some of what was sent cannot be used.",
                f"conversations/{_CONVERSATION}/messages/",
                errors=[
                    {
                        "pointer": "#/client_id",
                        "code": "required",
                        "detail": "This field is required.",
                    }
                ],
            ),
        },
    },
    "listMessages": {"answers": {200: {"data": [_MESSAGE], "has_more": False}}},
    "markRead": {
        "request": {"seq": 3},
        "answers": {200: {"member_read_seq": 3, "staff_read_seq": 1}},
    },
    "uploadAttachment": {
        "answers": {
            201: {
                "id": "att_0193a0f2d3e47f508a1b2c3d4e5f6071",
                "kind": "image",
                "name": "cherries.png",
                "size": 48213,
                "width": 1080,
                "height": 1440,
                "content_type": "image/png",
                "url": "/api/v1/attachments/att_0193a0f2d3e47f508a1b2c3d4e5f6071/",
            }
        },
    },
    "listChanges": {
        "answers": {
            200: {"cursor": "eyJ2IjoxfQ", "has_more": False, "changed": {"conversations": [_TAKEN]}}
        },
    },
    "registerPushToken": {
        "request": {"platform": "ios", "token": "740f4707bebcf74f", "label": "Mei 的手机"},
    },
    "addWebhook": {
        "request": {
            "url": "https://partner.example.com/xiaoer",
            "events": ["conversation.resolved"],
            "description": "",
        },
    },
    "submitCase": {
        "request": {"conversation": _CONVERSATION, "reason": "同一批车厘子第三单坏果", "quotes": [1]},
    },
}  # fmt: skip
