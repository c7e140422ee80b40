from django.urls import path

from trade import api

urlpatterns = [
    path("orders/", api.Orders.as_view(), name="api-orders"),
    path("products/", api.Products.as_view(), name="api-products"),
]
