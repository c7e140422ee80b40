"""How days are said: alike on pages, in letters and in both languages."""

from datetime import datetime

import pytest
from django.template import Context, Template
from django.utils.translation import override

from apass.entitlements.words import end_words
from common.rules import SHANGHAI
from common.words import last_day_words

MIDNIGHT = datetime(2026, 12, 1, tzinfo=SHANGHAI)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_last_day_is_said_alike_wherever_it_is_said(language):
    page = Template("{% load xiaoer %}{{ end|last_day }}")
    with override(language):
        assert last_day_words(MIDNIGHT) == "2026-11-30"
        assert page.render(Context({"end": MIDNIGHT})) == "2026-11-30"
        assert "2026-11-30" in end_words(MIDNIGHT)
