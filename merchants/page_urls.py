"""Addresses of the merchants' pages."""

from merchants.managers import page_urls as managers
from merchants.penalties import page_urls as penalties
from merchants.rulebook import page_urls as rulebook

urlpatterns = [*managers.urlpatterns, *penalties.urlpatterns, *rulebook.urlpatterns]
