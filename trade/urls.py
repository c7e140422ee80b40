from django.urls import path

from trade import api

urlpatterns = [
    path("orders/", api.Orders.as_view(), name="api-orders"),
    path("orders/<str:order_no>/", api.OneOrder.as_view(), name="api-order"),
    path("orders/<str:order_no>/refunds/", api.Refunds.as_view(), name="api-refunds"),
    path("products/", api.Products.as_view(), name="api-products"),
    path("products/<str:product_no>/", api.OneProduct.as_view(), name="api-product"),
]
