"""What is said once for all operations: the introduction, and headers that many share."""

from typing import Any

DESCRIPTION = """\
The REST of 小二 Xiaoer, for apps and for systems of partners. A first hour with it: `docs/api.md`.

**Ids** are opaque: a prefix that names the kind, and 32 digits (`cnv_0193a0f1…`). Orders, members,
shops and products go by their numbers. **Moments** are ISO 8601 in UTC with `Z`; **money** is CNY as a
decimal string. Fields that nobody asked for are refused (`unknown`).

**Lists** answer `{"data": […], "next_cursor": …}`; the next page's address is in `Link` as well.
`fields=a,b` names the fields one wants.

**Refusals** are problem documents (RFC 9457). `code` is stable, `detail` is for people in the language
of `Accept-Language` (`zh-hans`, `en`), `errors` points at what cannot be used. What may not be seen is
answered like what does not exist: 404.

**Retries**: a POST with `Idempotency-Key` happens once, and its answer is said again for a day.
`429` and `Retry-After` say when to come again; `RateLimit` says how much is left.

**Integration tokens** act with their owner's rights, narrowed by the scopes beside each operation; an
operation without one is closed to them.
"""


def _header(words: str, **schema: Any) -> dict[str, Any]:
    return {"description": words, "schema": {"type": "string"} | schema}


HEADERS: dict[str, Any] = {
    "X-Request-Id": _header("Finds the request in our log; one that was sent comes back."),
    "RateLimit": _header(
        "What is left, and in how many seconds all of it is there again.",
        examples=['"reads";r=599;t=1'],
    ),
    "RateLimit-Policy": _header(
        "The quota and its window in seconds.", examples=['"reads";q=600;w=60']
    ),
    "Retry-After": _header("Seconds to wait.", type="integer", minimum=1),
    "ETag": _header("The version of the answer, for `If-None-Match` and `If-Match`."),
    "Link": _header('The next page: `<…>; rel="next"`. Left out on the last one.'),
    "Idempotent-Replayed": _header(
        "`true`: the answer of the first request with this key, said again.", const="true"
    ),
    "WWW-Authenticate": _header("How to come in (RFC 6750)."),
    "Content-Disposition": _header("The file's name; pictures open in place."),
}


def _parameter(name: str, words: str, where: str = "header", **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": False,
        "description": words,
        "schema": {"type": "string"} | schema,
    }


PARAMETERS: dict[str, Any] = {
    "Idempotency-Key": _parameter(
        "Idempotency-Key",
        "Made by the client for one intention, a UUID for instance. The same key and body are answered"
        " as the first time; with another body 422; while the first one runs 409.",
        maxLength=255,
        pattern="^[\\x20-\\x7e]*$",
    ),
    "If-None-Match": _parameter(
        "If-None-Match", "The ETag one has: the answer is 304 when nothing changed."
    ),
    "If-Match": _parameter(
        "If-Match", "The ETag one has read: 412 when somebody changed it meanwhile."
    ),
    "fields": _parameter(
        "fields", "Only these fields, comma between.", where="query", maxLength=1000
    ),
}
