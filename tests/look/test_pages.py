"""What every page keeps: errors in sentences, the theme without a flash, clean under the content policy."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import Client, RequestFactory
from django.utils import translation

from common.words import clock_face, moment_words, money_words, span_words
from config.errors import broken

NOW = datetime(2026, 11, 20, 2, 38, tzinfo=UTC)  # 10:38 on a Friday in Shanghai


def draw(source, cookies=None, **context):
    request = RequestFactory().get("/")
    request.COOKIES |= cookies or {}
    return Template("{% load xiaoer %}" + source).render(Context({"request": request, **context}))


@pytest.mark.django_db
def test_what_one_may_not_see_is_said_like_what_does_not_exist(client):
    answer = client.get("/no-such-thing/")
    assert answer.status_code == 404
    assert "没有这个，或者不归您看" in answer.content.decode()


@pytest.mark.django_db
def test_programs_get_the_same_as_a_problem_document(client):
    answer = client.get("/api/v1/no-such-thing/")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_a_failure_of_ours_has_a_number_that_finds_it_in_the_log(caplog):
    with caplog.at_level(logging.ERROR):
        answer = broken(RequestFactory().get("/desk/"))
    incident = answer["X-Incident"]
    assert answer.status_code == 500
    assert f"编号{incident}" in answer.content.decode()
    assert f"incident {incident}: GET /desk/" in caplog.text


def test_the_page_of_a_failure_asks_nothing_of_the_database():
    # Without the database mark any query here would fail the test.
    assert "是我们这边出了岔子" in broken(RequestFactory().get("/")).content.decode()


@pytest.mark.django_db
def test_a_form_from_too_long_ago_keeps_what_was_typed(lin):
    answer = Client(enforce_csrf_checks=True).post("/", {"account": "lin", "password": "x"})
    assert answer.status_code == 403
    assert "这一页开得太久了" in answer.content.decode()


@pytest.mark.parametrize(
    ("cookie", "has"), [("dark", True), ("light", True), ("system", False), ("x", False)]
)
def test_the_chosen_theme_is_in_the_first_byte(cookie, has):
    drawn = draw("<html {% html_attrs %}>", cookies={"theme": cookie})
    assert ("data-theme" in drawn) == has
    assert 'lang="zh-Hans"' in drawn


def test_pages_allow_no_inline_script_or_style(client, db):
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy


def test_an_unknown_icon_is_found_when_the_page_is_built():
    with pytest.raises(TemplateSyntaxError):
        draw("{% icon 'unicorn' %}")


@pytest.mark.parametrize(
    ("elapsed", "state", "words"),
    [
        (40, "calm", "2:20"),
        (99, "calm", "1:21"),
        (100, "warn", "1:20"),  # exactly at 100 s
        (150, "urgent", "0:30"),
        (179, "urgent", "0:01"),
        (180, "breached", "超0:00"),
        (222, "breached", "超0:42"),
    ],
)
def test_a_chat_clock_turns_at_100_150_and_180_seconds(elapsed, state, words):
    start = NOW - timedelta(seconds=elapsed)
    face = clock_face(started_at=start, due_at=start + timedelta(seconds=180), now=NOW)
    assert (face.state, face.words) == (state, words)


def test_a_paused_clock_says_so_whatever_the_time():
    face = clock_face(started_at=NOW - timedelta(days=2), due_at=NOW, now=NOW, paused=True)
    assert (face.state, face.words) == ("paused", "已暂停")


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (0, "0:00", "0:00"),
        (28, "0:28", "0:28"),
        (599, "9:59", "9:59"),
        (600, "10分钟", "10 min"),
        (1937, "32分钟", "32 min"),
        (3600, "1小时", "1 h"),
        (4440, "1小时14分", "1 h 14 min"),
        (172_800, "2天", "2 d"),
        (187_200, "2天4小时", "2 d 4 h"),
    ],
)
def test_spans_are_said_as_people_do(seconds, chinese, english):
    assert span_words(seconds) == chinese
    with translation.override("en"):
        assert span_words(seconds) == english


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW, "10:38"),
        (NOW - timedelta(hours=11), "昨天23:38"),
        (NOW + timedelta(hours=14), "明天00:38"),
        (NOW + timedelta(days=3), "11-23 周一 10:38"),
        (NOW - timedelta(days=30), "10-21 周三"),
        (datetime(2025, 6, 19, 4, tzinfo=UTC), "2025-06-19"),
    ],
)
def test_moments_are_said_by_the_day_in_shanghai(moment, words):
    assert moment_words(moment, now=NOW) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [("168", "¥168.00"), ("1234567.89", "¥1,234,567.89"), ("-10.5", "−¥10.50"), (0, "¥0.00")],
)
def test_amounts_carry_their_sign_and_thousands(amount, words):
    assert money_words(amount) == words


def test_names_in_pages_are_never_markup():
    drawn = draw("{% avatar name %}{% clock due start what=name %}", name="<b>", due=NOW, start=NOW)
    assert "<b>" not in drawn


def test_the_scripts_words_are_kept_for_good_under_a_name_per_language(client):
    addresses = set()
    for language in ("zh-hans", "en"):
        with translation.override(language):
            addresses.add(draw("{% catalogue_url %}"))
    assert len(addresses) == 2
    answer = client.get(addresses.pop())
    assert "immutable" in answer.headers["Cache-Control"]
