from django.urls import path

from merchants import api
from merchants.ratings import api as ratings

urlpatterns = [
    path("shops/", api.Shops.as_view(), name="api-shops"),
    path("shops/<str:shop_no>/", api.OneShop.as_view(), name="api-shop"),
    path("shops/<str:shop_no>/dsr/", ratings.Standing.as_view(), name="api-shop-dsr"),
    path("shops/<str:shop_no>/dsr/insight/", ratings.Insights.as_view(), name="api-shop-insight"),
    path("shops/<str:shop_no>/dsr/changes/", ratings.Changes.as_view(), name="api-shop-changes"),
    path("shops/<str:shop_no>/ratings/", ratings.OwnedRatings.as_view(), name="api-shop-ratings"),
    path("shops/<str:shop_no>/reviews/", ratings.Reviews.as_view(), name="api-reviews"),
    path(
        "shops/<str:shop_no>/reviews/<rtg:key>/replies/",
        ratings.Replies.as_view(),
        name="api-review-replies",
    ),
]
