"""Addresses of the merchants' pages."""

from merchants.complaints import page_urls as complaints
from merchants.penalties import page_urls as penalties
from merchants.rulebook import page_urls as rulebook

urlpatterns = [*complaints.urlpatterns, *penalties.urlpatterns, *rulebook.urlpatterns]
