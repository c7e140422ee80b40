import json
import re
from pathlib import Path

import polib
import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from django.views.i18n import JavaScriptCatalog

from common.catalogues import (
    Key,
    clashes,
    complaints,
    memory_of,
    own_catalogues,
    update,
    vendor_catalogue,
)

ROOT = Path(__file__).resolve().parents[2]

PYTHON = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext
_("Send"); gettext_lazy("Keep"); pgettext("verb", "Order"); _("%(n)s left") % {"n": 1}
ngettext("%(n)s case", "%(n)s cases", 2)
"""
TEMPLATE = """{% load i18n %}
<div class="it's">
        {% trans "Queue" %} {% trans "Order" context "verb" %}
   {% blocktrans trimmed with n=1 %}
     50% of {{ n }} “done”
   {% endblocktrans %}
  {{ value|default:_("Nobody") }}
</div>
"""
SCRIPT = 'import { gettext } from "./i18n.js";\ncard.textContent = gettext("Undo") + `${gettext("Redo")}`;\n'


@pytest.fixture
def house(tmp_path):
    def write(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    write("shop/models.py", PYTHON)
    write("shop/migrations/0001.py", '_("never")')
    write("templates/shop/list.html", TEMPLATE)
    write("templates/base.html", '{% load i18n %}{% trans "House" %}')
    write("static/shop/list.js", SCRIPT)
    write("static/js/page.js", 'gettext("Page")')
    write("static/vendor/x-1/x.js", 'gettext("never")')
    write("config/settings.py", '_("Tasks")')
    return tmp_path


def catalogue(house, name):
    return {one.name: one for one in own_catalogues(house, ["shop"])}[name]


def refresh(one):
    update(one, one.strings(), memory_of([one]), set())
    return one.entries()


def say(one, **words):
    po = one.entries()
    for entry in po:
        words_of = words.get(entry.msgid.split()[-1].strip(".“”"), "字")
        if entry.msgid_plural:
            entry.msgstr_plural = {0: words_of}
        else:
            entry.msgstr = words_of
    po.save()
    return refresh(one)


def kinds(one):
    return sorted({line.split()[0] for line in complaints(one, one.strings())})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "shop",
            {"Send", "Keep", "Order", "%(n)s left", "%(n)s case", "Queue", "Nobody"}
            | {"50%% of %(n)s “done”"},
        ),
        ("shop/js", {"Undo", "Redo"}),
        ("locale", {"House", "Tasks"}),
        ("locale/js", {"Page"}),
    ],
)
def test_every_string_belongs_to_one_catalogue(house, name, said):
    assert {key.msgid for key in catalogue(house, name).strings()} == said


def test_contexts_plurals_and_files_are_known(house):
    strings = catalogue(house, "shop").strings()
    assert strings[Key("%(n)s case", None)].plural == "%(n)s cases"
    assert strings[Key("Order", "verb")].files == {"shop/models.py", "templates/shop/list.html"}


def test_an_update_keeps_what_was_said(house):
    one = catalogue(house, "shop")
    refresh(one)
    assert kinds(one) == ["missing"]
    say(one)
    assert kinds(one) == []
    (house / "shop/models.py").write_text('_("Send"); _("New")')
    assert kinds(one) == ["missing", "stale"]
    po = refresh(one)
    assert po.find("Send").msgstr == "字"
    assert po.find("Keep", include_obsolete_entries=True).obsolete
    assert kinds(one) == ["missing"]


def test_running_again_changes_nothing(house):
    one = catalogue(house, "shop")
    refresh(one)
    say(one)
    before = [path.read_bytes() for path in (one.path, one.path.with_suffix(".mo"))]
    refresh(one)
    assert [path.read_bytes() for path in (one.path, one.path.with_suffix(".mo"))] == before


def test_words_come_back_from_memory_and_move_between_catalogues(house):
    shop, rest = catalogue(house, "shop"), catalogue(house, "locale")
    refresh(shop)
    say(shop)
    (house / "config/settings.py").write_text('_("Send")')
    (house / "shop/models.py").write_text("")
    update(rest, rest.strings(), memory_of([shop]), set())
    assert rest.entries().find("Send").msgstr == "字"
    update(shop, shop.strings(), {}, set(rest.strings()))
    assert not shop.entries().find("Send", include_obsolete_entries=True)


@pytest.mark.parametrize(
    ("msgid", "msgstr", "complaint"),
    [
        ("%(n)s left", "剩 %(m)s", ["broken"]),
        ("%(n)s left", "没有了", []),
        ("%s of %s", "%s", ["broken"]),
        ("%s of %s", "%s/%s", []),
        ("100%% sure", "一定", []),
    ],
)
def test_placeholders_are_compared(house, msgid, msgstr, complaint):
    (house / "config/settings.py").write_text(f'_("{msgid}")')
    (house / "templates/base.html").write_text("")
    one = catalogue(house, "locale")
    refresh(one)
    say(one, **{msgid.split()[-1]: msgstr})
    assert kinds(one) == complaint


def test_fuzzy_and_uncompiled_entries_are_named(house):
    one = catalogue(house, "locale")
    refresh(one)
    say(one)
    po = one.entries()
    po.find("House").flags.append("fuzzy")
    po.save()
    assert kinds(one) == ["fuzzy", "stale"]


def test_two_words_for_one_are_a_clash(house):
    shop, rest = catalogue(house, "shop"), catalogue(house, "locale")
    (house / "config/settings.py").write_text('_("Send")')
    for one, words in ((shop, {"Send": "发送"}), (rest, {"Send": "寄出"})):
        refresh(one)
        say(one, **words)
    [(name, line)] = clashes([shop, rest])
    assert name == "locale"
    assert "Send" in line


def test_entries_written_twice_become_one(house):
    one = catalogue(house, "shop")
    refresh(one)
    po = say(one)
    po.append(polib.POEntry(msgid="%(n)s case", msgstr="单"))
    po.save()
    assert "stale" in kinds(one)
    assert len([entry for entry in refresh(one) if entry.msgid == "%(n)s case"]) == 1
    assert kinds(one) == []


def test_an_empty_catalogue_is_removed(house):
    one = catalogue(house, "shop/js")
    refresh(one)
    update(one, {}, {}, set(one.strings()))
    assert not one.path.exists()
    assert not one.path.with_suffix(".mo").exists()


def test_packages_are_read_too(tmp_path):
    package = tmp_path / "site-packages" / "fancy"
    (package / "templates").mkdir(parents=True)
    (package / "templates" / "a.html").write_text('{% load i18n %}{% trans "Fancy" %}')
    one = vendor_catalogue(tmp_path, [package])
    assert set(one.strings()) == {Key("Fancy", None)}
    assert one.path == tmp_path / "locale/vendor/zh_Hans/LC_MESSAGES/django.po"


def test_the_command_knows_its_names():
    with pytest.raises(CommandError, match="nowhere"):
        call_command("translations", "nowhere", check=True)


def test_what_packages_left_untranslated_is_said():
    with translation.override("zh-hans"):
        assert translation.gettext("Loading more results...") == "正在取更多结果……"


def test_compiled_and_written_words_are_the_same():
    po = polib.pofile("locale/vendor/zh_Hans/LC_MESSAGES/django.po")
    assert not [entry.msgid for entry in po if not entry.translated() and not entry.obsolete]


def test_scripts_are_given_the_words_of_the_house(rf):
    with translation.override("zh-hans"):
        page = JavaScriptCatalog.as_view()(rf.get("/jsi18n/")).content.decode()
    said = polib.pofile("locale/zh_Hans/LC_MESSAGES/djangojs.po").find("Undo").msgstr
    assert json.dumps(said) in page


def test_chinese_types_no_space_around_a_number():
    """The pages' ``text-autospace`` draws it; a typed one doubles it. A label keeps its own: 最久 3:42."""
    names = "name|who|object|column|label|channel|presence|title|tables|words|why|first|last|low|high|bounds|minimum"
    number = rf"(?:%\((?!(?:{names})\))\w+\)[sd]|(?<![A-Za-z\d-])\d[\d.,:]*|\{{\w+\}})(?:%%)?"
    han = "[\u4e00-\u9fff]"
    typed = re.compile(rf"{number} {han}|{han} {number}{han}")
    found = [
        f"{file.relative_to(ROOT)}: {said}"
        for file in sorted(ROOT.glob("**/zh_Hans/LC_MESSAGES/*.po"))
        if not any(part.startswith(".") for part in file.relative_to(ROOT).parts)
        for entry in polib.pofile(str(file))
        if not entry.obsolete and "vendor" not in file.parts
        for said in [entry.msgstr, *entry.msgstr_plural.values()]
        if typed.search(said)
    ]
    assert found == []
