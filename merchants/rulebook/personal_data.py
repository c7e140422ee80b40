"""What people said of drafts of rules in the name of a merchant; the words go nameless, the voice stays."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from common.masking import blank_text
from common.personal_data import Slice, Step, Store, Subject, register, slice_of
from merchants.models import RuleVote


class RuleVoices(Store):
    """Comments on drafts of rules."""

    key = "rule_votes"
    title = _("Voices on drafts of rules")
    about = _("What you said of drafts of rules for the merchant you work for.")
    models = ("merchants.RuleVote",)
    columns: ClassVar[dict[str, Any]] = {
        "rule": _("rule"),
        "choice": _("choice"),
        "comment": _("comment"),
        "at": _("at"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        votes = RuleVote.objects.filter(by=subject.user).select_related("version__rule")
        found, further = slice_of(votes, after, limit)
        return Slice(
            [
                {
                    "rule": row.version.rule.title,
                    "choice": row.get_choice_display(),
                    "comment": row.comment,
                    "at": row.changed_at or row.at,
                }
                for row in found
            ],
            further,
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        votes, further = slice_of(
            RuleVote.objects.filter(by=subject.user).exclude(comment=""), after, limit
        )
        names = [*subject.names, *subject.identifiers]
        words = [blank_text(vote.comment, names=names) for vote in votes]
        changed = [vote for vote, said in zip(votes, words, strict=True) if vote.comment != said]
        for vote, said in zip(votes, words, strict=True):
            vote.comment = said
        RuleVote.objects.bulk_update(changed, ["comment"])
        return Step(len(changed), further)


register(RuleVoices(), order=60)
