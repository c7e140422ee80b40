from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from common.admin import BaseAdmin
from common.admin.parameters import name_parameter_groups
from common.events import name_events, name_facts
from workforce.models import AuthorityCap, AuthorityFactor, QualityMeasure

name_events(
    {
        "quality.recorded": _("Quality recorded"),
        "authority.counted": _("Limits counted anew"),
        "authority.capped": _("Limit capped"),
        "authority.cap_lifted": _("Cap of a limit lifted"),
    }
)
name_facts(
    AuthorityFactor,
    **{name: QualityMeasure._meta.get_field(name) for name in ("csat_rate", "qa_score", "sample")},
)
WHY = {
    "small_sample": _("too few to judge"),
    "grew": _("both measures reach the upper bar"),
    "fell": _("one measure is below the lower bar"),
    "kept": _("between the bars"),
    "at_the_end": _("at the end of the scale already"),
}

name_parameter_groups(
    {
        "agents": _("People at the desk"),
        "presence": _("Presence"),
        "authority": _("Limits of authority"),
    }
)


@admin.register(QualityMeasure)
class QualityMeasureAdmin(BaseAdmin):
    """What was measured, by person and month."""

    list_display = ("user", "month", "csat_rate", "qa_score", "sample", "recorded_at")
    list_select_related = ("user",)
    search_fields = ("user__display_name", "user__username")


@admin.register(AuthorityFactor)
class AuthorityFactorAdmin(BaseAdmin):
    """What limits were multiplied with since when, and why."""

    list_display = ("user", "month", "factor", "why_word", "began_at")
    list_select_related = ("user",)
    search_fields = ("user__display_name", "user__username")
    fields = ("user", "month", "factor", "why_word", "began_at")

    @admin.display(description=_("why"), ordering="why")
    def why_word(self, row: AuthorityFactor) -> str:
        return str(WHY.get(row.why, row.why))


@admin.register(AuthorityCap)
class AuthorityCapAdmin(BaseAdmin):
    """Who was bounded by hand, and when that was lifted."""

    list_display = ("user", "kind", "amount", "began_at")
    list_select_related = ("user",)
    list_filter = ("kind",)
    search_fields = ("user__display_name", "user__username")
