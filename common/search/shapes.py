"""What a search answers, as clients see it."""

from typing import Any

from rest_framework import serializers


class SnippetShape(serializers.Serializer[Any]):
    text = serializers.CharField(help_text="Plain text on one line; never markup.")
    marks = serializers.ListField(
        child=serializers.ListField(
            child=serializers.IntegerField(min_value=0), min_length=2, max_length=2
        ),
        help_text="Where the words stand: [start, end) in Unicode code points of the text.",
    )


class HitShape(serializers.Serializer[Any]):
    kind = serializers.CharField()
    id = serializers.CharField(help_text="The thing's number, or its id where it has no number.")
    title = SnippetShape()
    line = serializers.CharField(help_text="Numbers, state, who said it: one line under the title.")
    at = serializers.DateTimeField(allow_null=True)
    snippet = SnippetShape(allow_null=True)
    url = serializers.CharField(help_text="The page where it opens; empty when it has none here.")
    facts = serializers.DictField(help_text="Ids to go on with: conversation, seq, order_no …")


class GroupShape(serializers.Serializer[Any]):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    icon = serializers.CharField()
    data = HitShape(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class SearchShape(serializers.Serializer[Any]):
    data = GroupShape(many=True)  # type: ignore[assignment]
    too_short = serializers.BooleanField(help_text="Nothing was looked for: one letter is too few.")
