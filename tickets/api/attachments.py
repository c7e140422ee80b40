"""Files: uploaded into a conversation, then sent in a message; opened by who may see it."""

import logging
import uuid
from typing import Any

from django.http import FileResponse, Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
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
from common.rest import Endpoint, Sent, accepted, answers
from tickets import shapes
from tickets.actions.attachments import upload_attachment
from tickets.api.base import note_reading, visible
from tickets.queries.attachments import attachment_for

log = logging.getLogger(__name__)

FORM_BYTES = 16_384  # what a form may weigh around its file
CHUNK_BYTES = 65_536


NO_FILE = _("Choose a file.")


class Upload(Sent):
    """A form with one file."""

    # Whether it is empty or has a fitting name is for the gate of files to say.
    file = serializers.FileField(
        allow_empty_file=True, error_messages=dict.fromkeys(("required", "invalid"), NO_FILE)
    )


class Attachments(Endpoint):
    """Files of a conversation."""

    resource = "attachments"
    parser_classes = [MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Who asks is counted, and refused, without a byte of the body.
        super().initial(request, *args, **kwargs)
        # Before anything reads the body: a file too large must not fill the disk first.
        limit = value("chat.upload_bytes")
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit + FORM_BYTES:
            # A browser hears the answer only when somebody took what it sent.
            for _chunk in range(8 * limit // CHUNK_BYTES):
                if not request._request.read(CHUNK_BYTES):
                    break
            raise too_large(limit)

    @extend_schema(
        request={"multipart/form-data": Upload},
        responses=answers({201: shapes.Attachment}, 400, 404, 409, 413, 415, 422),
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Upload a file; then send it in a message with ``payload: {attachment: id}``."""
        conversation = visible(request.user, key)
        sent = accepted(Upload, request.data)["file"]
        attachment = upload_attachment(
            conversation, source=sent.file, name=sent.name or "", by=request.user
        )
        facts = ("kind", "name", "size", "width", "height", "content_type")
        url = reverse("api-attachment", args=[attachment.pk])
        shown = {"id": attachment.public_key}
        shown |= {name: getattr(attachment, name) for name in facts}
        return Response(shown | {"url": url}, status=201)


class AnyAnswer(DefaultContentNegotiation):
    """Whatever the browser would like: a file is what it is."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class OneAttachment(Endpoint):
    """One file's bytes."""

    resource = "attachments"
    content_negotiation_class = AnyAnswer

    @extend_schema(
        responses=answers({(200, "application/octet-stream", "*/*"): OpenApiTypes.BINARY}, 404)
    )
    def get(self, request: SignedIn, key: uuid.UUID) -> FileResponse:
        """Open a file; until a message carries it, its uploader alone may."""
        attachment = attachment_for(request.user, key, timezone.now())
        if attachment is None:
            raise Http404
        note_reading(request, attachment.conversation)
        try:
            content = attachment.file.open("rb")
        except FileNotFoundError:
            log.error("the bytes of attachment %s are gone", attachment.pk)
            raise Http404 from None
        response = FileResponse(
            content,
            as_attachment=attachment.kind != "image",
            filename=attachment.name,
            content_type=attachment.content_type,
        )
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "private, no-store"
        # Opened by itself it can do nothing; on our pages a picture is only a picture.
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response
