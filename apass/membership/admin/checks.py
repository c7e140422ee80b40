"""The checks of APASS as the back office says them."""

from typing import Any

from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from apass.membership import rules

RIGHT = "apass.manage"

CHECKS = {
    rules.VALUE: _("Member value"),
    rules.CREDIT: _("Buyer credit"),
    rules.SPENT: _("Spent in 12 months"),
    rules.REAL_NAME: _("Real name proved"),
    rules.HONEST: _("No flag of fraud"),
}


def check_words(check: rules.Check) -> str:
    """Say one check: what is had, what is needed, and whether it is met."""
    sign = "✓" if check.met else "✗"
    if check.needed is None:
        return f"{sign} {CHECKS[check.name]}"
    return f"{sign} {CHECKS[check.name]} {check.has:,.0f} / {check.needed:,}"


def check_lines(checks: list[rules.Check]) -> Any:
    """List checks, one a line."""
    return format_html_join("", "<p>{}</p>", [(check_words(check),) for check in checks])
