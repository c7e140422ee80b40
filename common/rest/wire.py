"""JSON on the wire: orjson out, and in through the one text gate."""

from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from common.text import clean_json

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def dumped(data: Any) -> bytes:
    """Return ``data`` as it goes out: moments in UTC with ``Z``, money as strings."""
    return orjson.dumps(data, default=str, option=_OPTIONS)


class OrjsonRenderer(BaseRenderer):
    """JSON by orjson; UUIDs, moments and dates are known to it."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None
    ) -> bytes:
        return b"" if data is None else dumped(data)


class OrjsonParser(BaseParser):
    """JSON through the one text gate: depth, size, NUL and lone surrogates."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        if int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0) > limit:
            raise RequestDataTooBig
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise RequestDataTooBig
        try:
            return clean_json(orjson.loads(raw))
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError(_("This is not valid JSON: %s") % error) from None
