"""Addresses of the merchants' pages."""

from merchants.experience import page_urls as experience
from merchants.penalties import page_urls as penalties
from merchants.rulebook import page_urls as rulebook

urlpatterns = [*experience.urlpatterns, *penalties.urlpatterns, *rulebook.urlpatterns]
