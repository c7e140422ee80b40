"""What is to be said in Chinese, and where it is written: the catalogues of this repository.

Every app keeps the strings of its Python, of ``templates/APP`` and of ``static/APP``; everything
else of ours is in ``locale/``; what packages left untranslated is in ``locale/vendor/``. Needs
Babel and polib, which only developers install: import this module from tools and tests alone.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import polib
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.utils.translation import templatize

LANGUAGE = "zh_Hans"
VENDOR = "vendor"
_KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **{f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext")},
    "npgettext_lazy": DEFAULT_KEYWORDS["npgettext"],
    "gettext_noop": None,
}
_TEMPLATES = frozenset({".html", ".txt", ".xml", ".svg", ".email"})
_SKIPPED = frozenset({"migrations", "locale", "node_modules", "vendor", "tests", "__pycache__"})
_OPTIONS = {"encoding": "utf-8", "parse_template_string": True}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sdif]|(?<!%)(?:%%)*(%[sdif])")
_METADATA = {
    "Project-Id-Version": "xiaoer",
    "Language": LANGUAGE,
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}


class Key(NamedTuple):
    """What names an entry: the same words in another context are another entry."""

    msgid: str
    msgctxt: str | None


@dataclass
class Said:
    """One string of the sources: its plural if it has one, and the files that say it."""

    plural: str = ""
    files: set[str] = field(default_factory=set)


Strings = dict[Key, Said]


@dataclass(frozen=True)
class Catalogue:
    """One ``.po`` file and the sources whose strings it holds."""

    name: str  # tickets, tickets/js, locale, locale/js, vendor
    path: Path
    sources: tuple[Path, ...]
    root: Path

    def strings(self) -> Strings:
        """Return everything the sources say."""
        found: Strings = {}
        for source in self.sources:
            shown = source.relative_to(self.root).as_posix()
            for key, plural in _strings_of(source):
                said = found.setdefault(key, Said())
                said.plural = said.plural or plural
                said.files.add(shown)
        return found

    def entries(self) -> polib.POFile:
        """Return what is written, or an empty file."""
        if self.path.exists():
            return polib.pofile(str(self.path), wrapwidth=100)
        return polib.POFile(wrapwidth=100)


def own_catalogues(root: Path, apps: Iterable[str]) -> list[Catalogue]:
    """Return the catalogues of this repository's own strings; ``apps`` are folders of ``root``."""
    apps = sorted(apps)
    taken = {
        root / place / app for place in ("templates", "static") for app in apps
    }  # what remains of templates and static belongs to the whole house
    catalogues = []
    for app in apps:
        python = _files(root / app, {".py"}) + _files(root / "templates" / app, _TEMPLATES)
        catalogues += _pair(app, root / app / "locale", python, root / "static" / app, root)
    house = [
        *_files(root / "config", {".py"}),
        *(f for f in _files(root / "templates", _TEMPLATES) if not taken & set(f.parents)),
    ]
    catalogues += _pair("locale", root / "locale", house, root / "static", root, taken)
    return [one for one in catalogues if one.sources or one.path.exists()]


def vendor_catalogue(root: Path, packages: Iterable[Path]) -> Catalogue:
    """Return the catalogue of what packages say and nobody has translated."""
    sources = [
        file
        for package in packages
        for file in [*_files(package, {".py"}), *_files(package, _TEMPLATES)]
    ]
    path = _po(root / "locale" / VENDOR, "django")
    return Catalogue(VENDOR, path, tuple(sources), _common_parent(sources))


def translated_in(folders: Iterable[Path]) -> set[Key]:
    """Return what the compiled catalogues below ``folders`` already say in Chinese."""
    known: set[Key] = set()
    for folder in folders:
        for path in folder.glob(f"**/locale/{LANGUAGE}/LC_MESSAGES/django.mo"):
            known |= {key_of(entry) for entry in polib.mofile(str(path)) if _is_said(entry)}
    return known


def key_of(entry: polib.POEntry | polib.MOEntry) -> Key:
    """Return what names ``entry``."""
    return Key(entry.msgid, entry.msgctxt)


def complaints(catalogue: Catalogue, strings: Strings) -> Iterator[str]:
    """Yield every reason why ``catalogue`` does not say ``strings`` in Chinese."""
    po = catalogue.entries()
    entries = [entry for entry in po if not entry.obsolete]
    live = {key_of(entry): entry for entry in entries}
    for key, said in sorted(strings.items(), key=str):
        entry = live.get(key)
        where = f"{catalogue.name}: {key.msgid!r} ({', '.join(sorted(said.files))})"
        if entry is None or not _is_said(entry) or entry.msgid_plural != said.plural:
            yield f"missing  {where}"
        elif entry.fuzzy:
            yield f"fuzzy    {where}"
        elif wrong := _wrong_placeholders(entry):
            yield f"broken   {where}: nobody fills {wrong}"
    if len(live) < len(entries):
        yield f"stale    {catalogue.name}: some entries are written twice"
    for key in live.keys() - strings.keys():
        yield f"stale    {catalogue.name}: {key.msgid!r} is said nowhere"
    if strings and not _is_compiled(catalogue, po):
        yield f"stale    {catalogue.name}: {catalogue.path.with_suffix('.mo').name} is older"


def clashes(catalogues: Iterable[Catalogue]) -> Iterator[tuple[str, str]]:
    """Yield (catalogue, complaint) for words that two catalogues translate differently.

    All catalogues of a domain are one at run time, so one of the two would silently win.
    """
    first: dict[tuple[str, Key], tuple[str, str]] = {}
    for catalogue in catalogues:
        for entry in catalogue.entries():
            if entry.obsolete or not _is_said(entry):
                continue
            words = _words(entry)
            place = (catalogue.path.stem, key_of(entry))
            name, other = first.setdefault(place, (catalogue.name, words))
            if other != words:
                yield (
                    catalogue.name,
                    f"clash    {catalogue.name}: {entry.msgid!r} is {words!r} here and {other!r} "
                    f"in {name}; use one word, or pgettext",
                )


def update(
    catalogue: Catalogue,
    strings: Strings,
    memory: dict[Key, polib.POEntry],
    elsewhere: set[Key],
) -> None:
    """Write ``strings`` into the catalogue and compile it; translations are kept.

    What nobody says any more becomes obsolete, what is said ``elsewhere`` moves there; what is
    new takes its words from ``memory``.
    """
    po = catalogue.entries()
    po.metadata = {**_METADATA, **po.metadata}
    po.header = po.header.strip()
    written: dict[Key, polib.POEntry] = {}
    for entry in list(po):
        # Once with a plural and once without is the same entry; so is what was merged twice.
        if written.setdefault(key_of(entry), entry) is not entry:
            po.remove(entry)
    for key, said in strings.items():
        entry = written.get(key) or polib.POEntry(msgid=key.msgid, msgctxt=key.msgctxt)
        if key not in written:
            po.append(entry)
        _describe(entry, said, memory.get(key))
    for key in written.keys() - strings.keys():
        if key in elsewhere:
            po.remove(written[key])
        written[key].obsolete = True
        written[key].occurrences = []
    compiled = catalogue.path.with_suffix(".mo")
    if not po:
        catalogue.path.unlink(missing_ok=True)
        compiled.unlink(missing_ok=True)
        return
    po.sort(key=lambda entry: (entry.obsolete, entry.msgid, entry.msgctxt or ""))
    catalogue.path.parent.mkdir(parents=True, exist_ok=True)
    po.save(str(catalogue.path))
    po.save_as_mofile(str(compiled))


def memory_of(catalogues: Iterable[Catalogue]) -> dict[Key, polib.POEntry]:
    """Return every translation written anywhere, obsolete ones included."""
    return {
        key_of(entry): entry
        for catalogue in catalogues
        for entry in catalogue.entries()
        if _is_said(entry)
    }


def _describe(entry: polib.POEntry, said: Said, remembered: polib.POEntry | None) -> None:
    entry.obsolete = False
    entry.occurrences = [(file, "") for file in sorted(said.files)]
    words = _words(entry) or (_words(remembered) if remembered else "")
    # Chinese has one form: what was said of one is said of many, and the other way round.
    entry.msgid_plural = said.plural
    entry.msgstr = "" if said.plural else words
    entry.msgstr_plural = {0: words} if said.plural else {}
    if _placeholders(entry.msgid) and "python-format" not in entry.flags:
        entry.flags.append("python-format")


def _pair(
    name: str,
    locale: Path,
    python: list[Path],
    static: Path,
    root: Path,
    taken: frozenset[Path] | set[Path] = frozenset(),
) -> list[Catalogue]:
    scripts = [file for file in _files(static, {".js"}) if not taken & set(file.parents)]
    return [
        Catalogue(name, _po(locale, "django"), tuple(python), root),
        Catalogue(f"{name}/js", _po(locale, "djangojs"), tuple(scripts), root),
    ]


def _po(locale: Path, domain: str) -> Path:
    return locale / LANGUAGE / "LC_MESSAGES" / f"{domain}.po"


def _files(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in suffixes
        and path.is_file()
        and not _SKIPPED.intersection(path.relative_to(folder).parts[:-1])
    )


def _common_parent(files: list[Path]) -> Path:
    return next(
        folder for folder in files[0].parents if all(folder in file.parents for file in files)
    )


def _strings_of(source: Path) -> Iterator[tuple[Key, str]]:
    method, content = "python", source.read_text("utf-8")
    if source.suffix == ".js":
        method = "javascript"
    elif source.suffix in _TEMPLATES:
        # What is left of a template is Python calls between blanked-out text, whose indentation
        # would mean something to Python.
        lines = templatize(content, origin=str(source)).splitlines()
        content = "\n".join(line.strip() for line in lines)
    for _line, message, _comments, context in extract(
        method, BytesIO(content.encode()), keywords=_KEYWORDS, options=_OPTIONS
    ):
        singular, plural = message if isinstance(message, tuple) else (message, "")
        if singular:
            yield Key(singular, context), plural


def _words(entry: polib.POEntry | polib.MOEntry) -> str:
    return str(entry.msgstr or entry.msgstr_plural.get(0, ""))


def _is_said(entry: polib.POEntry | polib.MOEntry) -> bool:
    return bool(_words(entry))


def _placeholders(text: str) -> set[str]:
    return {named or bare for named, bare in _PLACEHOLDER.findall(text)}


def _wrong_placeholders(entry: polib.POEntry) -> str:
    """Return the placeholders the translation has and nobody will fill; it may leave some out."""
    wanted = _placeholders(entry.msgid) | _placeholders(entry.msgid_plural)
    said = [*entry.msgstr_plural.values()] if entry.msgstr_plural else [entry.msgstr]
    wrong = set().union(*map(_placeholders, said)) - wanted
    # Nameless ones are filled by position, so none may be missing either.
    bare = [_bare(text) for text in said if _bare(text) != _bare(entry.msgid)]
    if not wrong and not bare:
        return ""
    return ", ".join(sorted(wrong.union(*bare))) or "%s"


def _bare(text: str) -> list[str]:
    return [bare for _named, bare in _PLACEHOLDER.findall(text) if bare]


def _is_compiled(catalogue: Catalogue, po: polib.POFile) -> bool:
    path = catalogue.path.with_suffix(".mo")
    if not path.exists():
        return False
    wanted = {key_of(e): (e.msgstr, e.msgstr_plural) for e in po.translated_entries()}
    return wanted == {key_of(e): (e.msgstr, e.msgstr_plural) for e in polib.mofile(str(path))}
