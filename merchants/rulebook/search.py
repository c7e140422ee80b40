"""Rules, articles of the law and precedents as people search them."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.models import User
from common.models import SearchLine
from common.search import Hit, LinedKind, Query, normalise, register, snippet_of
from common.search.kinds import ADMIN, Found, Key
from merchants.models import (
    ArticleLine,
    ArticleVersion,
    Precedent,
    PrecedentLine,
    RuleLine,
    RuleVersion,
)

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
MANAGE = "rules.manage"
READ_DRAFTS = (MANAGE, "history.read")


class _Numbered(LinedKind):
    """A kind whose key is the number of a row."""

    columns = ("version_id",)
    types = (int,)
    scope = "version_id"
    has_sounds = False


@register
class RuleKind(_Numbered):
    """A version of a rule, by name, code and words. Everybody finds what was published."""

    name = "rule"
    label = gettext_lazy("Rules")
    icon = "document"
    position = 70
    thing = RuleVersion
    line = RuleLine

    def is_for(self, user: User) -> bool:
        """Everybody: conduct is judged by rules that could be read."""
        return bool(user.is_authenticated)

    def visible(self, user: User) -> QuerySet[RuleVersion]:
        """Return what was published; who makes rules, and auditors, see drafts too."""
        if any(user.can(right) for right in READ_DRAFTS):
            return RuleVersion.objects.all()
        return RuleVersion.objects.published()

    def lines(self, keys: Sequence[Key]) -> list[SearchLine]:
        """Return what versions are found by."""
        rows = RuleVersion.objects.filter(pk__in=[key[0] for key in keys]).select_related("rule")
        return [
            RuleLine(
                version_id=row.pk,
                at=row.effective_from or row.planned_from or row.made_at or NEVER,
                words="\n".join(
                    normalise(one) for one in (row.rule.title, row.rule.code, row.text)
                ),
            )
            for row in rows
        ]

    def show(self, user: User, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Say the rule's name, where the version is, and where in it the words stand."""
        rows: dict[Any, RuleVersion] = (
            self.visible(user).select_related("rule").in_bulk([one.key[0] for one in found])
        )
        return {
            one.key: Hit(
                kind=self.name,
                id=f"{row.rule.code}/{row.number}",
                title=snippet_of(row.rule.title, query),
                line=f"{row.rule.get_family_display()} · {row.number} · {row.get_state_display()}",
                at=row.effective_from,
                snippet=snippet_of(row.text, query),
                url=_page_of(row, door),
                facts={"code": row.rule.code, "number": row.number},
            )
            for one in found
            if (row := rows.get(one.key[0]))
        }


@register
class ArticleKind(_Numbered):
    """An article of the law, by title, number and words. Everybody finds it."""

    name = "article"
    label = gettext_lazy("Articles of the law")
    icon = "document"
    position = 72
    thing = ArticleVersion
    line = ArticleLine

    def is_for(self, user: User) -> bool:
        """Everybody."""
        return bool(user.is_authenticated)

    def visible(self, user: User) -> QuerySet[ArticleVersion]:
        """Return every text of every article."""
        return ArticleVersion.objects.all()

    def lines(self, keys: Sequence[Key]) -> list[SearchLine]:
        """Return what articles are found by."""
        rows = ArticleVersion.objects.filter(pk__in=[key[0] for key in keys])
        return [
            ArticleLine(
                version_id=row.pk,
                at=row.effective_from or NEVER,
                words="\n".join(
                    normalise(one) for one in (row.title, row.article.article_no, row.body)
                ),
            )
            for row in rows.select_related("article")
        ]

    def show(self, user: User, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Say the title, since when it reads so, and where in it the words stand."""
        rows = self.visible(user).select_related("article").in_bulk([one.key[0] for one in found])
        page = "admin:merchants_articleversion_change"
        return {
            one.key: Hit(
                kind=self.name,
                id=row.article.article_no,
                title=snippet_of(row.title, query),
                line=" · ".join(filter(None, [row.article.article_no, row.source])),
                at=row.effective_from,
                snippet=snippet_of(row.body, query),
                url=reverse(page, args=[row.pk]) if door == ADMIN else "",
                facts={"article_no": row.article.article_no},
            )
            for one in found
            if (row := rows.get(one.key[0]))
        }


@register
class PrecedentKind(LinedKind):
    """A case that was judged, by what it was about. Whoever makes rules finds it, and auditors."""

    name = "precedent"
    label = gettext_lazy("Precedents")
    icon = "document"
    position = 74
    thing = Precedent
    line = PrecedentLine
    columns = ("precedent_id",)
    types = (UUID,)
    scope = "precedent_id"
    has_sounds = False

    def is_for(self, user: User) -> bool:
        """Who makes rules, and auditors."""
        return any(user.can(right) for right in READ_DRAFTS)

    def visible(self, user: User) -> QuerySet[Precedent]:
        """Return all of them to whom the kind is for."""
        return Precedent.objects.all() if self.is_for(user) else Precedent.objects.none()

    def lines(self, keys: Sequence[Key]) -> list[SearchLine]:
        """Return what precedents are found by."""
        return [
            PrecedentLine(
                precedent_id=row.pk,
                at=datetime.combine(row.judged_on, time(), UTC),
                words="\n".join(
                    normalise(one)
                    for one in (row.title, row.case_no, row.facts, row.verdict)
                    if one
                ),
            )
            for row in Precedent.objects.filter(pk__in=[key[0] for key in keys])
        ]

    def show(self, user: User, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Say the title, the verdict and the rule born from it."""
        rows: dict[Any, Precedent] = (
            self.visible(user).select_related("rule").in_bulk([one.key[0] for one in found])
        )
        page = "admin:merchants_precedent_change"
        return {
            one.key: Hit(
                kind=self.name,
                id=row.public_id,
                title=snippet_of(row.title, query),
                line=" · ".join(filter(None, [row.case_no, row.rule.title if row.rule else ""])),
                at=datetime.combine(row.judged_on, time(), UTC),
                snippet=snippet_of(row.facts, query),
                url=reverse(page, args=[row.pk]) if door == ADMIN else "",
            )
            for one in found
            if (row := rows.get(one.key[0]))
        }


def _page_of(row: RuleVersion, door: str) -> str:
    if door == ADMIN:
        return reverse("admin:merchants_ruleversion_change", args=[row.pk])
    return reverse("rule-version", args=[row.rule.code, row.number]) if row.is_published else ""
