"""Cases of a shop at the API: read, stated, appealed by its own people; public notices for everybody."""

import logging
import uuid
from typing import Any

from django.http import FileResponse, Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import SignedIn
from common.files import too_large
from common.parameters import value
from common.rest import Endpoint, Nothing, PageQuery, Sent, accepted, answers
from merchants.actions.appeals import file_appeal, send_papers
from merchants.actions.case_files import upload_case_file
from merchants.actions.violations import choose_exam, state_side
from merchants.models import Appeal, CaseFile, ComplaintFile, Violation
from merchants.penalties import shapes
from merchants.queries.cases import (
    case_card,
    case_page,
    file_card,
    file_for,
    notice_page,
    told_case,
)

log = logging.getLogger(__name__)
FORM_BYTES = 16_384  # what a form may weigh around its file
CHUNK_BYTES = 65_536


class FileForm(Sent):
    """A form with one file."""

    # Whether it is empty or has a fitting name is for the gate of files to say.
    file = serializers.FileField(allow_empty_file=True)


def told(request: SignedIn, violation_no: str) -> Violation:
    """Return a case told to the shops of whoever asks, or answer as if there were none."""
    found = told_case(request.user, violation_no)
    if found is None:
        raise Http404
    return found


class ShopCases(Endpoint):
    """Cases of the shops one works for."""

    shape = shapes.CaseLine

    @extend_schema(parameters=[PageQuery], responses=answers({200: shapes.ShopCasePage}, 400, 409))
    def get(self, request: SignedIn) -> Response:
        """List the cases of one's shops, newest first; nobody else's."""
        return self.page(*case_page(request.user, **self.query(PageQuery)))


class OneShopCase(Endpoint):
    """One case."""

    shape = shapes.ShopCase

    @extend_schema(responses=answers({200: shapes.ShopCase}, 404))
    def get(self, request: SignedIn, violation_no: str) -> Response:
        """Show act, evidence, the rule of the time, points, dates, and what restores."""
        return Response(case_card(told(request, violation_no), timezone.now()))


class UploadEndpoint(Endpoint):
    """A door that takes one file: who asks is counted, and too large a body refused, before a byte is read."""

    parser_classes = [MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Who asks is counted, and refused, without a byte of the body.
        super().initial(request, *args, **kwargs)
        limit = value("case.upload_bytes")
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit + FORM_BYTES:
            # A browser hears the answer only when somebody took what it sent.
            for _chunk in range(8 * limit // CHUNK_BYTES):
                if not request._request.read(CHUNK_BYTES):
                    break
            raise too_large(limit)


class ShopCaseFiles(UploadEndpoint):
    """Files for a statement or an appeal."""

    @extend_schema(
        request={"multipart/form-data": FileForm},
        responses=answers({201: shapes.CaseFile}, 400, 404, 409, 413, 415, 422),
    )
    def post(self, request: SignedIn, violation_no: str) -> Response:
        """Upload a file; then name it in a statement or an appeal, within a day."""
        return self.taken(request, told(request, violation_no))

    def taken(self, request: SignedIn, case: Violation) -> Response:
        """Take the one file of the form into a case."""
        sent = accepted(FileForm, request.data)["file"]
        file = upload_case_file(case, source=sent.file, name=sent.name or "", by=request.user)
        return Response(file_card(file), status=201)


class AnyAnswer(DefaultContentNegotiation):
    """Whatever the browser would like: a file is what it is."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


def file_answer(file: CaseFile | ComplaintFile) -> FileResponse:
    """Return the bytes of a file whoever asks may open. Raises ``Http404`` when they are gone."""
    try:
        content = file.file.open("rb")
    except FileNotFoundError:
        log.error("the bytes of %s are gone", file.public_key)
        raise Http404 from None
    response = FileResponse(
        content,
        as_attachment=file.kind != "image",
        filename=file.name,
        content_type=file.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    # Opened by itself it can do nothing; on our pages a picture is only a picture.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


class OneCaseFile(Endpoint):
    """One file's bytes."""

    content_negotiation_class = AnyAnswer

    @extend_schema(
        responses=answers({(200, "application/octet-stream", "*/*"): OpenApiTypes.BINARY}, 404)
    )
    def get(self, request: SignedIn, violation_no: str, key: uuid.UUID) -> FileResponse:
        """Open a file of a case one may see; until it is attached, its uploader alone may."""
        file = file_for(request.user, violation_no, key)
        if file is None:
            raise Http404
        return file_answer(file)


class Statements(Endpoint):
    """What the shop says before the decision."""

    @extend_schema(
        request=shapes.CaseWords, responses=answers({201: shapes.ShopCase}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn, violation_no: str) -> Response:
        """State the shop's side, once, before its period ends."""
        case = told(request, violation_no)
        state_side(case, **accepted(shapes.CaseWords, request.data), by=request.user)
        return _shown(request, violation_no, 201)


class ExamChoices(Endpoint):
    """An exam in place of a penalty."""

    @extend_schema(request=None, responses=answers({200: shapes.ShopCase}, 404, 409))
    def post(self, request: SignedIn, violation_no: str) -> Response:
        """Take the exam of the year in place of the penalty; only for spam."""
        case = told(request, violation_no)
        accepted(Nothing, request.data)
        choose_exam(case, by=request.user)
        return _shown(request, violation_no, 200)


class Appeals(Endpoint):
    """The one appeal against a penalty."""

    @extend_schema(
        request=shapes.CaseWords, responses=answers({201: shapes.ShopCase}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn, violation_no: str) -> Response:
        """Appeal against the penalty of a case, once, while the shop's days last."""
        case = told(request, violation_no)
        penalty = getattr(case, "penalty", None)
        if penalty is None:
            raise Http404
        file_appeal(penalty, **accepted(shapes.CaseWords, request.data), by=request.user)
        return _shown(request, violation_no, 201)


class AppealPapers(Endpoint):
    """Papers that were missing in an appeal."""

    @extend_schema(
        request=shapes.CaseWords, responses=answers({200: shapes.ShopCase}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn, violation_no: str) -> Response:
        """Send what was missing, within the days that are left."""
        case = told(request, violation_no)
        appeal = Appeal.objects.filter(penalty__violation=case).select_related(
            "penalty__violation"
        ).first()  # fmt: skip
        if appeal is None:
            raise Http404
        send_papers(appeal, **accepted(shapes.CaseWords, request.data), by=request.user)
        return _shown(request, violation_no, 200)


class Notices(Endpoint):
    """Public notices of penalties."""

    shape = shapes.NoticeLine

    @extend_schema(parameters=[PageQuery], responses=answers({200: shapes.NoticePage}, 400, 409))
    def get(self, request: SignedIn) -> Response:
        """List the notices that stand now, newest first: shop, act, measures."""
        return self.page(*notice_page(**self.query(PageQuery)))


def _shown(request: SignedIn, violation_no: str, status: int) -> Response:
    return Response(case_card(told(request, violation_no), timezone.now()), status=status)
