"""Addresses of complaints, flags and weights at the API."""

from django.urls import path

from merchants.complaints import api

_REVIEW = "shops/<str:shop_no>/reviews/<rtg:key>/complaint/"
_ONE = "shop/complaints/<rcp:key>/"

urlpatterns = [
    path(_REVIEW, api.ReviewComplaints.as_view(), name="api-review-complaint"),
    path(f"{_REVIEW}files/", api.ReviewComplaintFiles.as_view(), name="api-review-complaint-files"),
    path("shop/complaints/", api.ShopComplaints.as_view(), name="api-shop-complaints"),
    path(_ONE, api.OneShopComplaint.as_view(), name="api-shop-complaint"),
    path(
        f"{_ONE}files/<rcf:file_key>/", api.OneComplaintFile.as_view(),
        name="api-shop-complaint-file",
    ),
    path(f"{_ONE}reapplication/", api.Reapplications.as_view(), name="api-shop-reapplication"),
    path(
        "review-complaints/<rcp:key>/decision/", api.ComplaintDecisions.as_view(),
        name="api-complaint-decision",
    ),
    path("me/malicious-reviews/", api.MyReviewMatters.as_view(), name="api-my-review-matters"),
    path(
        "me/malicious-reviews/<rcp:key>/appeal/", api.ComplaintAppeals.as_view(),
        name="api-my-complaint-appeal",
    ),
    path("me/reviewer-flags/<rfl:key>/appeal/", api.FlagAppeals.as_view(), name="api-my-flag-appeal"),
    path(
        "reviewer-appeals/<rap:key>/answer/", api.AppealAnswers.as_view(),
        name="api-reviewer-appeal-answer",
    ),
    path("exposure-weights/", api.ExposureWeights.as_view(), name="api-exposure-weights"),
    path(
        "reviewer-flags/measurement/", api.FlagMeasurements.as_view(), name="api-flag-measurement"
    ),
]  # fmt: skip
