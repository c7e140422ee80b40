"""The library of law is loaded text by text; rules, articles and precedents are found by two characters."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone

from common.history import history_of
from common.loading import load_file
from merchants.actions.emergencies import add_precedent
from merchants.actions.rulebook import draft_version
from merchants.models import Article, ArticleVersion
from merchants.rulebook.loading import ArticleLoader
from tests.merchants.casts_rulebook import answered, wording
from tests.search.conftest import hits, settle

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parent / "fixtures"
ROWS = [
    {"article_no": "电子商务法/第三十四条", "title": "电子商务法 第三十四条",
     "body": "修改平台服务协议和交易规则,应当公开征求意见。\n修改内容应当至少在实施前七日予以公示。",
     "source": "电子商务法 第二章", "effective_from": "2019-01-01"},
    {"article_no": "电子商务法/第三十九条", "title": "电子商务法 第三十九条",
     "body": "不得删除消费者的评价。", "effective_from": None},
]  # fmt: skip


def load(tmp_path: Path, rows: list[dict], name: str = "law.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return load_file(ArticleLoader(), path)


def test_articles_keep_their_paragraphs(tmp_path):
    report = load(tmp_path, ROWS)
    assert (report.fates.inserted, report.fates.rejected) == (2, 0)
    text = ArticleVersion.objects.get(title="电子商务法 第三十四条")
    assert text.body.count("\n") == 1
    assert text.effective_from == datetime(2018, 12, 31, 16, tzinfo=UTC)


def test_the_same_file_again_changes_nothing_and_a_corrected_one_corrects(tmp_path):
    load(tmp_path, ROWS)
    again = load(tmp_path, [*ROWS, {**ROWS[0], "source": "第二章"}], "again.jsonl")
    assert (again.fates.inserted, again.fates.total) == (0, 3)
    assert ArticleVersion.objects.get(title="电子商务法 第三十四条").source == "第二章"
    same = load(tmp_path, [{**ROWS[0], "source": "第二章"}, ROWS[1]], "same.jsonl")
    assert (same.fates.unchanged, same.fates.updated) == (2, 0)


def test_a_collection_of_law_loads_as_it_comes_and_is_cited_by_article_and_version(rule, ops):
    report = load_file(ArticleLoader(), FIXTURES / "articles.jsonl")
    assert (report.fates.inserted, report.fates.rejected) == (4, 0)
    text = ArticleVersion.objects.select_related("article").get(
        article__article_no="中华人民共和国电子商务法/第三十四条"
    )
    assert "七日予以公示" in text.body
    assert timezone.localdate(text.effective_from).isoformat() == "2018-08-31"
    # A text without a day stands, and says nothing of since when.
    assert ArticleVersion.objects.filter(effective_from=None).count() == 1
    version = draft_version(rule, wording(articles=[text]), by=ops)
    assert version.citations.get().article == text
    again = load_file(ArticleLoader(), FIXTURES / "articles.jsonl")
    assert again.fates.inserted == 0


def test_another_day_is_another_text_of_the_same_article(tmp_path):
    load(tmp_path, ROWS)
    load(
        tmp_path,
        [{**ROWS[1], "body": "任何评价不得删除。", "effective_from": "2027-01-01"}],
        "new.jsonl",
    )
    assert Article.objects.count() == 2
    before = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    old = ArticleVersion.objects.valid_at(before).get(article__article_no="电子商务法/第三十九条")
    new = ArticleVersion.objects.valid_at(datetime(2026, 12, 31, 16, tzinfo=UTC)).get(
        article__article_no="电子商务法/第三十九条"
    )
    assert (old.body, new.body) == ("不得删除消费者的评价。", "任何评价不得删除。")


def test_a_line_without_words_is_rejected_by_its_name(tmp_path):
    report = load(tmp_path, [ROWS[0], {**ROWS[1], "body": " "}, {**ROWS[1], "title": "长" * 121}])
    assert (report.fates.inserted, report.fates.rejected) == (1, 2)


def test_a_rule_cites_the_text_that_was_there(tmp_path, rule, ops):
    load(tmp_path, ROWS)
    text = ArticleVersion.objects.get(title="电子商务法 第三十四条")
    version = draft_version(rule, wording(articles=[text]), by=ops)
    assert version.citations.get().article == text
    assert history_of(version).count() == 1


@pytest.mark.parametrize("indexed", [False, True])
def test_two_characters_find_a_published_rule(indexed, consulted, qiao, ops, mei):
    if indexed:
        settle()
    # A draft is found by who makes rules alone.
    assert [hit.id for hit in hits(ops, "预售", "rule")] == ["late-shipping/1"]
    assert hits(qiao, "预售", "rule") == []
    answered(consulted, qiao, ops)
    if indexed:
        settle()
    for person in (qiao, mei, ops):
        (hit,) = hits(person, "預售", "rule")
        assert hit.id == "late-shipping/1"
    assert hits(mei, "预付", "rule") == []


def test_a_renamed_rule_is_found_by_its_new_name(consulted, qiao, ops, rule):
    answered(consulted, qiao, ops)
    settle()
    type(rule).objects.filter(pk=rule.pk).update(title="揽收及时")
    assert len(hits(qiao, "揽收", "rule")) == 1


def test_articles_are_for_everybody_and_precedents_for_who_makes_rules(tmp_path, mei, ops, rule):
    load(tmp_path, ROWS)
    add_precedent(
        "葫芦娃", facts="商标争议", verdict="全部下架", judged_on=timezone.localdate(),
        rule=rule, by=ops,
    )  # fmt: skip
    settle()
    assert [hit.id for hit in hits(mei, "评价", "article")] == ["电子商务法/第三十九条"]
    assert len(hits(ops, "下架", "precedent")) == 1
    assert hits(mei, "下架", "precedent") == []
