"""Parameters, to be read by who may see them in the back office."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common import shapes
from common.parameters import Declaration, declaration, declarations, value
from common.rest import Endpoint, answers


class ParameterEndpoint(Endpoint):
    """For who may see numbers; for everybody else they are not there."""

    resource = "parameters"
    shape = shapes.Parameter

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not request.user.has_perm("common.view_parameter"):
            raise Http404


class Parameters(ParameterEndpoint):
    """Business numbers."""

    @extend_schema(responses=answers({200: shapes.ParameterPage}, 404))
    def get(self, request: Request) -> Response:
        """List the business numbers that are in force now, by key."""
        return self.page([card(declared) for declared in declarations()], None)


class OneParameter(ParameterEndpoint):
    """One business number."""

    @extend_schema(responses=answers({200: shapes.Parameter}, 404))
    def get(self, request: Request, key: str) -> Response:
        """Show one business number."""
        try:
            return Response(card(declaration(key)))
        except KeyError:
            raise Http404 from None


def card(declared: Declaration) -> dict[str, Any]:
    """Return a parameter as JSON."""
    low, high = declared.minimum, declared.maximum
    return {
        "key": declared.key,
        "label": str(declared.label),
        "value": declared.store(value(declared.key)),
        "usual": declared.store(declared.default),
        "minimum": None if low is None else declared.store(low),
        "maximum": None if high is None else declared.store(high),
        "unit": str(declared.unit),
        "is_legal": declared.legal,
    }
