"""Keys as they are shown outside."""

import uuid

import pytest
from django.urls import Resolver404, path, resolve, reverse

from common.ids import PREFIXES, parse_key, public_key, uuid7


def test_a_key_comes_back():
    key = uuid7()
    assert public_key("cnv", key) == f"cnv_{key.hex}"
    assert parse_key("cnv", public_key("cnv", key)) == key
    assert parse_key("cnv", str(key)) == key
    assert parse_key("cnv", key) == key


@pytest.mark.parametrize(
    "text",
    [
        *["", "cnv_", "cnv_x", f"usr_{'0' * 32}", "0" * 32, f"cnv_{'A' * 32}", f"cnv_{'0' * 33}"],
        *[None, 7, f"cnv_0_{'0' * 30}", f"{{{uuid.UUID(int=7)}}}", f"urn:uuid:{uuid.UUID(int=7)}"],
        "é" * 36,
    ],
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ValueError, match="not a key"):
        parse_key("cnv", text)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_prefix_is_a_path_converter(prefix):
    class Addresses:
        urlpatterns = [path(f"x/<{prefix}:key>/", lambda request, key: None, name="x")]

    key = uuid7()
    assert reverse("x", Addresses, args=[key]) == f"/x/{prefix}_{key.hex}/"
    assert reverse("x", Addresses, args=[str(key)]) == f"/x/{prefix}_{key.hex}/"
    for written in (f"{prefix}_{key.hex}", str(key)):
        assert resolve(f"/x/{written}/", Addresses).kwargs == {"key": key}
    with pytest.raises(Resolver404):
        resolve(f"/x/zzz_{key.hex}/", Addresses)
