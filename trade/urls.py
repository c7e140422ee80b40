from django.urls import path

from trade import api
from trade.ratings import api as ratings

urlpatterns = [
    path("orders/", api.Orders.as_view(), name="api-orders"),
    path("orders/<str:order_no>/", api.OneOrder.as_view(), name="api-order"),
    path("orders/<str:order_no>/refunds/", api.Refunds.as_view(), name="api-refunds"),
    path("products/", api.Products.as_view(), name="api-products"),
    path("products/<str:product_no>/", api.OneProduct.as_view(), name="api-product"),
    path("me/orders/<str:order_no>/rating/", ratings.OwnRating.as_view(), name="api-own-rating"),
    path(
        "me/orders/<str:order_no>/rating/followup/",
        ratings.Followups.as_view(),
        name="api-own-rating-followup",
    ),
]
