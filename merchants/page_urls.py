"""Addresses of the merchants' pages."""

from merchants.penalties import page_urls as penalties

urlpatterns = [*penalties.urlpatterns]
