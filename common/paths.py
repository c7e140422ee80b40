"""Keys in addresses: ``<cnv:key>`` and its like, one converter for every prefix of ``common.ids``."""

from uuid import UUID

from django.urls import register_converter

from common.ids import PREFIXES, parse_key, public_key

_BARE = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


class KeyConverter:
    """A key with its prefix, or a bare UUID from a page of ours; always written with the prefix."""

    prefix = ""
    regex = ""

    def to_python(self, value: str) -> UUID:
        return parse_key(self.prefix, value)

    def to_url(self, value: UUID | str) -> str:
        return public_key(self.prefix, value if isinstance(value, UUID) else UUID(value))


def register_keys() -> None:
    """Make every prefix a path converter of its own name; called once, when the house starts."""
    for prefix in PREFIXES:
        regex = f"(?:{prefix}_[0-9a-f]{{32}}|{_BARE})"
        kind = type(
            f"{prefix.title()}Converter", (KeyConverter,), {"prefix": prefix, "regex": regex}
        )
        register_converter(kind, prefix)
