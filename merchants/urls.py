from django.urls import path

from merchants import api
from merchants.penalties.api_urls import urlpatterns as penalties

urlpatterns = [
    path("shops/", api.Shops.as_view(), name="api-shops"),
    path("shops/<str:shop_no>/", api.OneShop.as_view(), name="api-shop"),
    *penalties,
]
