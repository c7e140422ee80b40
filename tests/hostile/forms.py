"""The forms of a page as a browser finds them, and what of an answer a browser would run."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote_from_bytes, urljoin, urlsplit


@dataclass
class Form:
    """A form that is posted: where to, and each field with what a person would leave or put there."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    @property
    def kind(self) -> tuple[str, tuple[str, ...]]:
        """Return what makes two forms the same: the address without its keys, and the fields."""
        steps = (step if len(step) < 30 else "*" for step in self.action.split("/"))
        return "/".join(steps), tuple(sorted(self.fields))

    def filled(self, **instead: str) -> bytes:
        """Return the body with ``instead`` in some of the fields."""
        pairs = [
            (name, text)
            for name, texts in self.fields.items()
            for text in ([instead[name]] if name in instead else texts)
        ]
        return "&".join(f"{_written(name)}={_written(text)}" for name, text in pairs).encode()


def _written(text: str) -> str:
    # Half a character as well: a browser would not send it, somebody else does.
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"))


class _Page(HTMLParser):
    """Collects the forms, and whatever of ours would run."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.runs: list[str] = []
        self._form: Form | None = None
        self._select = ""
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._look_for_code(tag, given)
        name = given.get("name", "")
        match tag:
            case "form":
                if given.get("method", "").lower() == "post":
                    action = urlsplit(urljoin(self.url, given.get("action") or self.url))
                    query = f"?{action.query}" if action.query else ""
                    self._form = Form(action.path + query)
                    self.forms.append(self._form)
                else:
                    self._form = None
            case "select":
                self._select = name
            case "option" if self._select:
                self._take(self._select, given.get("value", ""), replaces="selected" in given)
            case "textarea":
                self._take(name, "好")
            case "button":
                self._take(name, given.get("value", ""))
            case "input":
                kept = given.get("value", "")
                kind = given.get("type", "text")
                self._take(name, kept or ("on" if kind in ("checkbox", "radio") else "好"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "script":
            self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and "alert" in data:
            self.runs.append(f"script {data.strip()[:80]}")

    def _take(self, name: str, value: str, *, replaces: bool = False) -> None:
        if self._form is None or not name or name == "csrfmiddlewaretoken":
            return
        if replaces or self._form.fields.get(name) in (None, [""]):
            self._form.fields[name] = [value]

    def _look_for_code(self, tag: str, given: dict[str, str]) -> None:
        if tag == "script":
            self._in_script = "json" not in given.get("type", "")
        for name, value in given.items():
            address = value.strip().lower()
            if (name.startswith("on") and "alert" in value) or (
                name in {"href", "src", "action", "formaction"}
                and address.startswith("javascript:")
            ):
                self.runs.append(f"{tag} {name}={value[:80]}")
        if given.get("src") == "x":
            self.runs.append(f"{tag} src=x")


def read(url: str, content: str) -> tuple[list[Form], list[str]]:
    """Return the forms of a page that are posted, and the code in it that somebody else wrote."""
    page = _Page(url)
    page.feed(content)
    return page.forms, page.runs
