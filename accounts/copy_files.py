"""Where the files of a member's copy lie: the parts while it is gathered, then the package."""

from django.core.files.storage import default_storage

from accounts.models import PersonalDataRequest


def part_name(request: PersonalDataRequest, name: str) -> str:
    """Return where one part of a copy lies until it is packed."""
    return f"{_folder(request)}/parts/{name}"


def drop_parts(request: PersonalDataRequest) -> None:
    """Delete what was gathered for a copy; the package stays."""
    _empty(f"{_folder(request)}/parts")


def drop_files(request: PersonalDataRequest) -> None:
    """Delete everything that lies there for a copy, what a crash has left behind included."""
    drop_parts(request)
    _empty(_folder(request))


def _folder(request: PersonalDataRequest) -> str:
    return f"personal-data/{request.pk.hex}"


def _empty(folder: str) -> None:
    try:
        _folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return  # nothing was ever written there
    for name in names:
        default_storage.delete(f"{folder}/{name}")
