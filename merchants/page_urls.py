"""Addresses of the merchants' pages."""

from merchants.penalties import page_urls as penalties
from merchants.rulebook import page_urls as rulebook

urlpatterns = [*penalties.urlpatterns, *rulebook.urlpatterns]
