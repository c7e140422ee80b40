"""Addresses of the merchants' pages."""

from merchants.bulletins import page_urls as bulletins
from merchants.complaints import page_urls as complaints
from merchants.experience import page_urls as experience
from merchants.goodwill import page_urls as goodwill
from merchants.home import page_urls as home
from merchants.key_accounts import page_urls as key_accounts
from merchants.penalties import page_urls as penalties
from merchants.rulebook import page_urls as rulebook

urlpatterns = [
    *home.urlpatterns,
    *bulletins.urlpatterns,
    *complaints.urlpatterns,
    *experience.urlpatterns,
    *goodwill.urlpatterns,
    *key_accounts.urlpatterns,
    *penalties.urlpatterns,
    *rulebook.urlpatterns,
]
