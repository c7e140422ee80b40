from django.urls import path

from trade import api

urlpatterns = [
    path("orders/", api.Orders.as_view(), name="api-orders"),
    path("orders/<str:order_no>/", api.OneOrder.as_view(), name="api-order"),
    path("products/", api.Products.as_view(), name="api-products"),
    path("products/<str:product_no>/", api.OneProduct.as_view(), name="api-product"),
]
