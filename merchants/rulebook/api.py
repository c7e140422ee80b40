"""REST of rules: in force for everybody, drafts for the merchants who are asked."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import SignedIn
from common.rest import Endpoint, PageQuery, Sent, accepted, answers
from merchants.actions.consultations import LONGEST_COMMENT, say_of_draft
from merchants.models import Choice, RuleFamily, RuleVersion
from merchants.rulebook import reading, shapes


class RuleQuery(PageQuery):
    """Which rules."""

    family = serializers.ChoiceField(
        RuleFamily.choices, required=False, default="", allow_blank=True
    )
    q = serializers.CharField(required=False, default="", allow_blank=True, max_length=120)


class DiffQuery(Sent):
    """Against which version; the one before when left out."""

    against = serializers.IntegerField(required=False, min_value=1, max_value=32_767)


class Voice(Sent):
    """What a merchant says of a draft."""

    choice = serializers.ChoiceField(Choice.choices)
    comment = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=LONGEST_COMMENT
    )
    merchant_no = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=32,
        help_text="needed only by who works for several asked merchants",
    )  # fmt: skip


class Rules(Endpoint):
    """The rules in force."""

    resource = "rules"
    shape = shapes.RuleRow

    @extend_schema(parameters=[RuleQuery], responses=answers({200: shapes.RulePage}, 400, 409))
    def get(self, request: SignedIn) -> Response:
        """List the rules in force by code; two characters find."""
        return self.page(*reading.rule_page(request.user, timezone.now(), **self.query(RuleQuery)))


class OneRule(Endpoint):
    """One rule."""

    resource = "rules"
    shape = shapes.RuleCard

    @extend_schema(responses=answers({200: shapes.RuleCard}, 404))
    def get(self, request: SignedIn, code: str) -> Response:
        """Show one rule with its published versions."""
        return Response(_there(reading.rule_card(code, timezone.now())))


class OneRuleVersion(Endpoint):
    """One version of a rule."""

    resource = "rules"
    shape = shapes.RuleVersionCard

    @extend_schema(responses=answers({200: shapes.RuleVersionCard}, 404))
    def get(self, request: SignedIn, code: str, number: int) -> Response:
        """Show one published version: its text, what an act costs, the law it rests on."""
        return Response(_there(reading.version_card(code, number)))


class RuleDiffs(Endpoint):
    """What changed between two versions."""

    resource = "rules"
    shape = shapes.RuleDiff

    @extend_schema(parameters=[DiffQuery], responses=answers({200: shapes.RuleDiff}, 400, 404))
    def get(self, request: SignedIn, code: str, number: int) -> Response:
        """Show what changed from another published version to this one."""
        return Response(_there(reading.diff_card(code, number, **self.query(DiffQuery))))


class Drafts(Endpoint):
    """Drafts one is asked about."""

    resource = "rules"
    shape = shapes.DraftRow

    @extend_schema(responses=answers({200: shapes.DraftList}))
    def get(self, request: SignedIn) -> Response:
        """List the drafts that the merchants one works for are or were asked about."""
        return Response({"data": reading.draft_list(request.user, timezone.now())})


class OneDraft(Endpoint):
    """One draft."""

    resource = "rules"
    shape = shapes.Draft

    @extend_schema(responses=answers({200: shapes.Draft}, 404))
    def get(self, request: SignedIn, code: str, number: int) -> Response:
        """Show a draft: text, split of voices, one's own, the answers and what they changed."""
        version = draft_or_404(request.user, code, number)
        return Response(reading.draft_card(request.user, version, timezone.now()))


class DraftVoices(Endpoint):
    """What one's merchant says of a draft."""

    resource = "rules"

    @extend_schema(request=Voice, responses=answers({200: shapes.Draft}, 400, 404, 409))
    def put(self, request: SignedIn, code: str, number: int) -> Response:
        """Say what one's merchant thinks, or change it, until the consultation ends."""
        version = draft_or_404(request.user, code, number)
        said = accepted(Voice, request.data)
        merchant = reading.merchant_for(request.user, said.pop("merchant_no"), version)
        say_of_draft(version, merchant, **said, by=request.user)
        version.refresh_from_db()
        return Response(reading.draft_card(request.user, version, timezone.now()))


def draft_or_404(user: object, code: str, number: int) -> RuleVersion:
    """Return a draft that ``user`` may see; any other is not there."""
    version = reading.draft_of(user, code, number)  # type: ignore[arg-type]
    if version is None:
        raise Http404
    return version


def _there(card: object) -> object:
    if card is None:
        raise Http404
    return card
