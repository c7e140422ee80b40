from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Django's admin with the house's own site."""

    default_site = "common.backoffice.BackOffice"
