"""What nobody would type and somebody sends: text, JSON, queries, files and frames."""

import io
import json
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image

TEXTS: dict[str, str] = {
    "nul": "a\x00b",
    "high surrogate": "\ud800",
    "low surrogate": "x\udfffy",
    "surrogates the wrong way round": "\udc00\ud800",
    "right to left": "\u202egnp.exe",
    "isolates left open": "\u2067\u2066" * 50,
    "zero width": "\u200b\u200d\ufeff\u2060",
    "joined family": "👨‍👩‍👧‍👦" * 40,
    "many marks": "a" + "\u0301" * 20_000,
    "extension B": "𠀀𪚥" * 30,
    "byte order mark": "\ufeffhello",
    "control characters": "".join(map(chr, [*range(1, 32), 127, *range(128, 160)])),
    "not a character": "\ufffe\uffff\U0010ffff",
    "line separators": "a\u2028b\u2029c\x85d\r\ne\x0bf",
    "blank": " \t\u3000\xa0",
    "empty": "",
    "long": "长" * 70_000,
    "catastrophe for a pattern": "(a+)+$" + "a" * 5_000 + "!",
    "a template": "{{ settings.SECRET_KEY }}{% include '/etc/passwd' %}{0.__class__}%(x)s%n${7*7}",
    "sql": "'; DROP TABLE accounts_user; -- \\' OR 1=1 /*",
    "like": "%_\\%%__",
    "tsquery": "a & | ! ( <-> :* 'b",
    "path": "../../../../etc/passwd\\..\\..",
    "header": "x\r\nSet-Cookie: a=b",
    "formula": "=cmd|' /C calc'!A0",
    "markup": "<script>alert(1)</script>",
    "a number": "9" * 400,
    "an exponent": "1e999",
    "full width": "１２３ｊａｖａｓｃｒｉｐｔ：",
}

# One string for every context: element, attribute, script, style, URL, template, JSON in a page.
POLYGLOT = (
    "javascript:/*--></title></style></textarea></script></xmp><svg/onload='+/\"`/+/onmouseover=1/+/"
    "[*/[]/+alert(document.domain)//'>\"'><img src=x onerror=alert(1)>{{7*7}}"
)
XSS = [
    POLYGLOT,
    "\"><img src=x onerror=alert(1)>",
    "'-alert(1)-'",
    "</script><script>alert(1)</script>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "&lt;img src=x onerror=alert(1)&gt;",
    "\\u003cimg src=x onerror=alert(1)\\u003e",
    "${alert(1)}{{constructor.constructor('alert(1)')()}}",
]  # fmt: skip

WRONG: dict[str, Any] = {
    "nothing": None,
    "a list": [],
    "a list of lists": [[["x"]]],
    "an object": {},
    "an object with a strange key": {"__class__": {"$gt": ""}},
    "no": False,
    "zero": 0,
    "less than nothing": -1,
    "more than 64 bits": 2**70,
    "a fraction": 0.1,
    "many": ["x"] * 1_000,
}


def _nested(depth: int) -> Any:
    """Return lists in lists."""
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


# For a field of any kind: most of these are of another.
KINDS: dict[str, Any] = {
    "null": None,
    "no": False,
    "zero": 0,
    "a number": 7,
    "less than nothing": -1,
    "a fraction": 0.5,
    "more than 64 bits": 2**70,
    "a text": "x",
    "a number as text": "7",
    "not a number": "NaN",
    "beyond all numbers": "1e999",
    "a list": [],
    "a list of words": ["x"],
    "an object": {},
    "an object with words": {"x": "y"},
    "deep": _nested(200),
    "deeper": _nested(400),
    "surrogate": "\ud800",
    "nul": "a\x00b",
    "long": "长" * 100_000,
}
SLOW = {"deep", "long"}

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "half": b'{"a":',
    "text": b"hello",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "a string": b'"x"',
    "not a number": b'{"a": NaN, "b": Infinity}',
    "too large a number": b'{"a": 1e999}',
    "digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "deep": b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "deep and open": b"[" * 100_000,
    "twice": b'{"a": 1, "a": 2}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"a": "中"}'.encode("utf-16"),
    "gb18030": '{"a": "中文"}'.encode("gb18030"),
    "broken utf-8": b'{"a": "\xff\xfe\xc0\x80"}',
    "a surrogate as bytes": b'{"a": "\xed\xa0\x80"}',
    "comments": b'/* x */ {"a": 1}',
    "polluting": b'{"__proto__": {"x": 1}, "constructor": {"prototype": {}}}',
}

QUERIES: list[tuple[str, str]] = [
    ("user__password__startswith", "pbkdf2"),
    ("_connector", "OR 1=1"),
    ("_negated", "1"),
    ("owner__password__regex", "(a+)+$"),
    ("pk__in", "1,2,3"),
    ("id__gt", "0"),
    ("order", "(a+)+$"),
    ("ordering", "-owner__password"),
    ("o", "1.2.-3.99999999999999999999"),
    ("p", "99999999999999999999"),
    ("e", "1"),
    ("all", ""),
    ("_popup", "1"),
    ("_to_field", "password"),
    ("fields", "password,__class__,id.__init__"),
    ("limit", "-1"),
    ("limit", "1e9"),
    ("limit", "99999999999999999999"),
    ("cursor", "//8="),
    ("cursor", "WyI5OTk5OTk5OTk5OTk5OTk5OTk5OTk5Il0"),
    ("older", "zzz"),
    ("newer", "99999999999999999999"),
    ("format", "api"),
    ("after", "-1"),
    ("before", "NaN"),
    ("scope", "__all__"),
    ("state", "'"),
    ("q", "%00"),
    ("q[]", "x"),
    ("next", "//evil.example"),
]


# For a parameter of any kind, as it stands on the wire.
VALUES: list[bytes] = [
    b"",
    b"\0",
    b"a\0b",
    b"\xff\xfe\xc0",
    b"\xed\xa0\x80",
    b"-1",
    b"0",
    b"1e9",
    b"NaN",
    b"9" * 40,
    b"2026-13-45",
    b"0001-01-01",
    b"9999-12-31",
    b"x" * 10_000,
    "长".encode() * 3_000,
    b"'\"--/*%_\\",
    b"(a+)+$",
    b"W10",
    b"WzFd",
    b"WyIwMTkwMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMGRlYWQiXQ",
    b"e30",
    b"W1tbW1tbW1tbXV1dXV1dXV1d",
    b"__all__",
    b"1,2,3,,",
    b"..%2f",
    b"cnv_" + b"f" * 32,
    b"<script>alert(1)</script>",
]


def of_json(value: Any) -> bytes:
    """Write ``value`` as JSON, lone surrogates as their escapes."""
    return json.dumps(value, ensure_ascii=True).encode()


# --- Files ----------------------------------------------------------------------------------------


def _picture(kind: str = "JPEG", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, kind, **more)
    return out.getvalue()


def _with_position() -> bytes:
    exif = Image.Exif()
    place = exif.get_ifd(0x8825)
    place.update({1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 1.0)})
    exif[0x8825] = dict(place)
    exif[0x010E] = "GPS-CANARY"
    return _picture(exif=exif)


def _flood() -> bytes:
    """A picture of 40,000 × 40,000 pixels in a few hundred bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        whole = name + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 120_001 * 4, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def files() -> dict[str, tuple[str, bytes]]:
    """Return files by what is wrong with them: a name and the bytes."""
    svg = (
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
    )
    pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF"
    html = b"<!doctype html><script>alert(1)</script>"
    return {
        "svg": ("a.svg", svg),
        "svg as png": ("a.png", svg),
        "html": ("a.html", html),
        "html as jpg": ("a.jpg", html),
        "html as txt": ("a.txt", html),
        "xhtml": ("a.xhtml", b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>"),
        "pdf with a script": ("a.pdf", pdf),
        "gif and script": ("a.gif", b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)"),
        "jpeg and html": ("a.html", _picture() + html),
        "jpeg and zip": ("a.jpg", _picture() + _zip(x=b"y")),
        "program": ("a.exe", b"MZ" + b"\0" * 200),
        "elf as jpg": ("a.jpg", b"\x7fELF" + b"\0" * 200),
        "php": ("a.php.jpg", b"<?php system($_GET[0]); ?>"),
        "htaccess": (".htaccess", b"AddType application/x-httpd-php .jpg"),
        "slip": ("a.zip", _zip(**{"../../etc/cron.d/x": b"x"})),
        "bomb": ("a.docx", _zip(**{"word/document.xml": b"0" * 30_000_000})),
        "macros": ("a.docx", _zip(**{"word/document.xml": b"x", "word/vbaProject.bin": b"x"})),
        "entities": ("a.xlsx", _zip(**{"xl/workbook.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"})),
        "pixels": ("a.png", _flood()),
        "half a picture": ("a.jpg", _picture()[:200]),
        "where it was taken": ("a.jpg", _with_position()),
        "empty": ("a.jpg", b""),
        "gb18030": ("a.txt", "你好".encode("gb18030")),
        "utf-16": ("a.txt", "你好".encode("utf-16")),
        "nul text": ("a.txt", b"a\0b"),
        "path": ("../../../etc/passwd", _picture()),
        "windows path": ("C:\\windows\\system32\\a.jpg", _picture()),
        "zero width name": ("a.p\u200bhp\u200b.jpg", _picture()),
        "turned name": ("a\u202egpj.exe", _picture()),
        "nul name": ("a.php\x00.jpg", _picture()),
        "header name": ('a"\r\nX-Evil: 1\r\n.jpg', _picture()),
        "reserved name": ("CON.jpg", _picture()),
        "long name": ("长" * 300 + ".jpg", _picture()),
        "no name": ("", _picture()),
        "markup name": ("<img src=x onerror=alert(1)>.jpg", _picture()),
    }  # fmt: skip
