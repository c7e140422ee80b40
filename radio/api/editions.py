"""Editions that are out, their stories, and that they were read."""

import uuid

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import SignedIn
from common.rest import KeyField, PageQuery, RowLimit, Sent, accepted, answers
from radio import shapes
from radio.actions import mark_read
from radio.api.base import RadioEndpoint
from radio.models import Edition
from radio.queries.editions import edition_card, edition_page, stories_of, story_card


class EditionQuery(PageQuery):
    """Which editions: of one channel, or of all."""

    channel = serializers.SlugField(required=False, allow_blank=True, default="", max_length=40)
    limit = RowLimit(default=30)


class Read(Sent):
    """Which stories were read; all of them when left out."""

    cases = serializers.ListField(child=KeyField("cas"), required=False, max_length=200)


class Editions(RadioEndpoint):
    """The editions somebody may read."""

    resource = "editions"
    shape = shapes.Edition

    @extend_schema(
        parameters=[EditionQuery], responses=answers({200: shapes.EditionPage}, 400, 404, 409)
    )
    def get(self, request: SignedIn) -> Response:
        """List the editions that are out, newest first."""
        data, cursor = edition_page(request.user, timezone.now(), **self.query(EditionQuery))
        return self.page(data, cursor)


class OneEdition(RadioEndpoint):
    """One edition."""

    resource = "editions"
    shape = shapes.EditionWithStories

    @extend_schema(responses=answers({200: shapes.EditionWithStories}, 404))
    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Show one edition with its stories, from the moment it is out."""
        found = Edition.objects.visible_to(request.user).select_related("channel")
        edition = found.filter(pk=key).first()
        if edition is None:
            raise Http404
        stories = [story_card(story) for story in stories_of(edition, request.user)]
        return Response(edition_card(edition) | {"stories": stories})


class Readings(RadioEndpoint):
    """That stories were read."""

    resource = "editions"

    @extend_schema(request=Read, responses=answers({200: shapes.ReadCount}, 400, 404, 409, 422))
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Note that stories of an edition were read (all of it without ``cases``)."""
        edition = Edition.objects.visible_to(request.user).filter(pk=key).first()
        if edition is None:
            raise Http404
        cases = accepted(Read, request.data).get("cases")
        return Response({"read": mark_read(edition, cases=cases, by=request.user)})
