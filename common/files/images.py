"""Draw images again: what comes out holds pixels and nothing else."""

import warnings
from dataclasses import dataclass
from io import BytesIO
from threading import BoundedSemaphore

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps

from common.files.refusal import FileRefused, broken

# Only JPEG can be decoded at a smaller scale; the others take eight bytes and more a pixel.
MAX_PIXELS = {"jpeg": 64_000_000, "png": 25_000_000, "webp": 25_000_000, "gif": 25_000_000}
MAX_SIDE = 2_560
_QUALITY = 85
# A decoded picture may take 300 MB, so few are decoded at once.
_decoding = BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as it is stored; ``kind`` is jpeg, png or webp."""

    kind: str
    content: bytes
    width: int
    height: int


def redraw(data: bytes, kind: str) -> Drawn:
    """Return the first picture of ``data`` upright, at most 2,560 pixels long, without metadata.

    Raises ``FileRefused``: ``file.pixels`` before anything is decoded, ``file.broken``.
    """
    try:
        with _decoding, warnings.catch_warnings():
            # Our own limit is asked first; the library's is only a warning.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            _verify(data, kind)
            return _draw(data, kind)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(kind) from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        # What the decoders raise for damaged files of every sort.
        raise broken() from error


def _verify(data: bytes, kind: str) -> None:
    with Image.open(BytesIO(data), formats=[kind.upper()]) as image:
        width, height = image.size
        if width * height > MAX_PIXELS[kind]:
            raise _too_many_pixels(kind)
        image.verify()


def _draw(data: bytes, kind: str) -> Drawn:
    with Image.open(BytesIO(data), formats=[kind.upper()]) as opened:
        # Lets the JPEG decoder skip what would be thrown away.
        opened.draft(None, (MAX_SIDE, MAX_SIDE))
        opened.load()
        image = ImageOps.exif_transpose(opened)
        image = _plain(image, kind)
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    # A new picture has no text chunks, comments, profiles or positions to carry along.
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    kind = "png" if kind == "gif" else kind
    out = BytesIO()
    options = {"quality": _QUALITY} if kind in ("jpeg", "webp") else {}
    clean.save(out, kind.upper(), **options)
    return Drawn(kind, out.getvalue(), *clean.size)


def _plain(image: Image.Image, kind: str) -> Image.Image:
    """Return ``image`` in the colours of the web, with transparency where its kind has it."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):  # 16 bits and more a channel
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        image = _in_web_colours(image, profile)
    if kind == "jpeg":
        return image.convert("L" if image.mode in ("1", "L") else "RGB")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _in_web_colours(image: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A damaged profile costs a shade of colour, not the picture.
        return image
    return converted or image


def _too_many_pixels(kind: str) -> FileRefused:
    return FileRefused(
        "file.pixels",
        _("The picture has too many pixels. Make it smaller and send it again."),
        limit=MAX_PIXELS[kind],
    )
