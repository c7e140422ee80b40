"""The description as JSON or YAML, and the page to read it on; strangers may read both."""

import hashlib
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

JSON, YAML = "application/vnd.oai.openapi+json", "application/vnd.oai.openapi"


@cache
def description(kind: str) -> bytes:
    """Return the description; made once a process, in English whoever asks."""
    with translation.override("en"):
        schema = SchemaGenerator().get_schema(request=None, public=True)
    renderer = OpenApiYamlRenderer() if kind == YAML else OpenApiJsonRenderer()
    return bytes(renderer.render(schema, renderer_context={}))


def wanted(request: HttpRequest) -> str:
    """Return YAML for who asks for it by ``?format=yaml`` or by ``Accept``, else JSON."""
    asks = request.GET.get("format") or request.headers.get("Accept", "")
    return YAML if "yaml" in asks or asks == YAML else JSON


def tag(request: HttpRequest) -> str:
    """Return the ETag of what would be answered."""
    return f'"{hashlib.blake2b(description(wanted(request)), digest_size=9).hexdigest()}"'


@require_safe
@cache_control(public=True, max_age=300)
@condition(etag_func=tag)
def schema(request: HttpRequest) -> HttpResponse:
    """Describe the REST in OpenAPI 3.1."""
    kind = wanted(request)
    response = HttpResponse(description(kind), content_type=kind)
    response["Vary"] = "Accept"
    return response


@require_safe
@cache_control(private=True, no_store=True)
def docs(request: HttpRequest) -> HttpResponse:
    """Show the description, with everything from this house."""
    return render(request, "openapi/docs.html")
