"""What every house promises from its first day on (service standard, table of the member tiers)."""

from datetime import timedelta
from typing import Any

from apass.entitlements.rules import BEGINNING

# code, kind, period, quantity, names, promises, numbers
_ENTITLEMENTS: tuple[tuple[str, str, str, int | None, str, str, str, str, dict[str, Any]], ...] = (
    ("first-reply", "first_reply", "once", None, "限时首次回复", "First reply in time",
     "您开口后，我们在约定的时间内由人回复您。",
     "Once you write, a person answers you within the time named.", {"seconds": 180}),
    ("complaint", "complaint", "once", None, "限时解决投诉", "Complaint resolved in time",
     "您投诉后，我们在约定的时间内给您结果。",
     "Once you complain, you have a result within the time named.", {"hours": 24}),
    ("quick-refund", "quick_refund", "once", None, "极速退款", "Quick refund",
     "退货寄出后，额度内的钱先退给您。",
     "Once the parcel is on its way back, we pay you first, up to your limit.",
     {"amount": "300.00"}),
    ("first-order", "first_order", "once", 1, "首单必保", "First order guaranteed",
     "您的第一单有任何问题，我们管到底。",
     "If anything goes wrong with your first order, we make it good.", {"amount": "0.00"}),
    ("worry-free-return", "worry_free_return", "once", None, "无忧退换", "Worry-free return",
     "七天内不用说原因就能退，运费我们出。",
     "Return within seven days without a reason; we pay the freight.",
     {"days": 7, "freight": "25.00"}),
    ("free-pickup", "free_pickup", "month", 5, "免费上门取退", "Free pick-up",
     "退货时上门来取，不收您的钱。",
     "We pick up what you return, free of charge.", {}),
    ("return-card", "return_card", "day", 1, "退货卡", "Return card",
     "一张卡退一件，当天有效。", "One card returns one thing, on the same day.", {}),
    ("dedicated-manager", "dedicated_manager", "once", None, "专属客服", "Dedicated manager",
     "有一位专人照看您。",
     "A person of your own looks after you.",
     {"call_back_seconds": 180}),
)  # fmt: skip


def _quota(amount: str, seconds: int, hours: int) -> dict[str, dict[str, Any]]:
    return {
        "first-reply": {"seconds": seconds},
        "complaint": {"hours": hours},
        "quick-refund": {"amount": amount},
    }


# tier, names, first reply, complaint, call back, entitlements
_PACKAGES: tuple[tuple[str, str, str, int, int, int | None, dict[str, dict[str, Any]]], ...] = (
    ("new", "新会员服务包", "New members", 60, 3, None,
     {**_quota("100.00", 60, 3), "first-order": {}, "worry-free-return": {}}),
    ("normal", "普通会员服务包", "Normal members", 180, 24, None, _quota("300.00", 180, 24)),
    ("super", "超级会员服务包", "Super members", 60, 12, None, _quota("800.00", 60, 12)),
    ("vip88", "88VIP 服务包", "88VIP", 30, 8, None,
     {**_quota("1000.00", 30, 8), "free-pickup": {}}),
    # A human at once: what a person needs to pick up.
    ("apass", "APASS 服务包", "APASS", 10, 4, 180,
     {**_quota("1200.00", 10, 4), "return-card": {}, "dedicated-manager": {}}),
)  # fmt: skip


def make_default_packages(apps: Any) -> None:
    """Make the entitlements and packages of the tiers, where there are none of their code yet.

    ``apps`` gives the models (``get_model``): those of a migration, or of the house.
    """
    entitlements = apps.get_model("apass", "Entitlement")
    packages = apps.get_model("apass", "ServicePackage")
    items = apps.get_model("apass", "PackageItem")
    for code, kind, period, quantity, zh, en, says_zh, says_en, numbers in _ENTITLEMENTS:
        if not entitlements.objects.filter(code=code).exists():
            entitlements.objects.create(
                code=code, kind=kind, period=period, quantity=quantity, name_zh=zh, name_en=en,
                promise_zh=says_zh, promise_en=says_en, parameters=numbers,
                effective_from=BEGINNING,
            )  # fmt: skip
    for tier, zh, en, seconds, hours, call_back, given in _PACKAGES:
        if packages.objects.filter(code=tier).exists():
            continue
        package = packages.objects.create(
            code=tier, name_zh=zh, name_en=en, tiers=[tier], effective_from=BEGINNING,
            first_reply=timedelta(seconds=seconds), next_reply=timedelta(seconds=180),
            complaint_resolution=timedelta(hours=hours),
            call_back=timedelta(seconds=call_back) if call_back else None,
        )  # fmt: skip
        items.objects.bulk_create(
            items(package=package, code=code, parameters=numbers) for code, numbers in given.items()
        )
