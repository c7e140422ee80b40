"""The library of law in the back office: loaded from files, read and cited."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.people import signed_in
from common.admin import BaseAdmin
from common.loading.offers import offer_import
from common.search import searched_rows
from merchants.models import ArticleVersion
from merchants.rulebook.loading import WORDS, ArticleLoader

offer_import(
    ArticleLoader, kind="articles", label=_("Articles of the law"), model=ArticleVersion,
    words=WORDS,
)  # fmt: skip


@admin.register(ArticleVersion)
class ArticleVersionAdmin(BaseAdmin):
    """Texts of articles, from day to day."""

    list_display = ("title", "article", "effective_from", "source")
    list_select_related = ("article",)
    search_fields = ("title",)
    search_help_text = _("Two characters of the text or the title")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return searched_rows("article", signed_in(request), queryset, search_term), False
