"""Addresses of cases, notices and acts on shops at the API."""

from django.urls import path

from merchants.penalties import api, office_api

_ONE = "shop/violations/<str:violation_no>/"

urlpatterns = [
    path("shop/violations/", api.ShopCases.as_view(), name="api-shop-violations"),
    path(_ONE, api.OneShopCase.as_view(), name="api-shop-violation"),
    path(f"{_ONE}files/", api.ShopCaseFiles.as_view(), name="api-shop-violation-files"),
    path(
        f"{_ONE}files/<cfl:key>/", api.OneCaseFile.as_view(), name="api-shop-violation-file"
    ),
    path(f"{_ONE}statement/", api.Statements.as_view(), name="api-shop-violation-statement"),
    path(f"{_ONE}exam/", api.ExamChoices.as_view(), name="api-shop-violation-exam"),
    path(f"{_ONE}appeal/", api.Appeals.as_view(), name="api-shop-violation-appeal"),
    path(
        f"{_ONE}appeal/papers/", api.AppealPapers.as_view(), name="api-shop-violation-papers"
    ),
    path("penalty-notices/", api.Notices.as_view(), name="api-penalty-notices"),
    path("violations/", office_api.Violations.as_view(), name="api-violations"),
    path(
        "violations/<str:violation_no>/files/", office_api.EvidenceFiles.as_view(),
        name="api-violation-files",
    ),
    path(
        "violations/<str:violation_no>/ruling/", office_api.Rulings.as_view(), name="api-ruling"
    ),
    path("shops/<str:shop_no>/acts/", office_api.ShopActs.as_view(), name="api-shop-acts"),
    path(
        "shop-acts/<sac:key>/approval/", office_api.ShopActApprovals.as_view(),
        name="api-shop-act-approval",
    ),
    path(
        "shop-acts/<sac:key>/undo/", office_api.ShopActUndoings.as_view(), name="api-shop-act-undo"
    ),
]  # fmt: skip
