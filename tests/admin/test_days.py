"""Days typed in the back office lie in years people mean, and it says so in the reader's language."""

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from accounts.admin.standing.rules import DraftForm, PublishForm
from common.admin import DayField
from workforce.admin.presence import QualityForm
from workforce.admin.skills import GiveForm


def sentence(typed: str, language: str) -> str:
    with override(language), pytest.raises(ValidationError) as refused:
        DayField().clean(typed)
    with override(language):
        return str(refused.value.messages[0])


@pytest.mark.parametrize("typed", ["1989-12-31", "2100-01-01", "9999-12-31"])
def test_a_far_off_day_is_refused_in_the_language_of_its_reader(typed):
    assert sentence(typed, "en") == "Choose a day between the years 1990 and 2099."
    said = sentence(typed, "zh-hans")
    assert "1990" in said
    assert "2099" in said
    assert "Choose" not in said


@pytest.mark.parametrize(
    ("form", "name"),
    [(PublishForm, "effective_on"), (GiveForm, "certified_until"), (QualityForm, "month")],
)
def test_every_form_that_asks_for_a_day_has_these_bounds(form, name):
    with pytest.raises(ValidationError) as refused:
        form.base_fields[name].clean("9999-12-31")
    assert refused.value.error_list[0].code == "far_off"


def test_how_far_a_number_goes_is_said_in_the_language_of_its_reader():
    words = DraftForm.base_fields["super_value"].help_text
    with override("en"):
        english = str(words)
    with override("zh-hans"):
        chinese = str(words)
    assert " to " in english
    assert " to " not in chinese
