from datetime import UTC, date, datetime, time

import pytest

from radio.rules import first_sentence, hide_numbers, moment_on, reading_minutes, shanghai_day


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 11, 19, 15, 59, 59, tzinfo=UTC), date(2026, 11, 19)),
        (datetime(2026, 11, 19, 16, 0, tzinfo=UTC), date(2026, 11, 20)),  # midnight in Shanghai
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_day_is_shanghais(utc, day):
    assert shanghai_day(utc) == day


def test_nine_in_shanghai_is_one_in_greenwich():
    assert moment_on(date(2026, 11, 20), time(9)) == datetime(2026, 11, 20, 1, tzinfo=UTC)


@pytest.mark.parametrize(("characters", "minutes"), [(0, 1), (1, 1), (300, 1), (301, 2), (900, 3)])
def test_reading_takes_a_minute_at_least(characters, minutes):
    assert reading_minutes(["字" * characters]) == minutes


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("单号2611200341700001", "单号2611****0001"),
        ("会员M10000001说", "会员M100****0001说"),
        ("短号1234", "短号****"),
        ("没有号", "没有号"),
    ],
)
def test_our_own_numbers_are_hidden(text, shown):
    assert hide_numbers(text, ["2611200341700001", "M10000001", "1234", ""]) == shown


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("坏了六成。只赔一成。", "坏了六成"),
        ("第一行\n第二行", "第一行"),
        ("一二三四五六七八九十一二三四五六七八", "一二三四五六七八九十一二三四五六"),
        ("", ""),
    ],
)
def test_a_title_to_begin_with_is_the_first_sentence(text, title):
    assert first_sentence(text, 16) == title
