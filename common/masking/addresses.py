"""Find postal addresses, and where their province, city and district end."""

import re
from collections.abc import Iterator, Sequence

from common.masking.folding import Span

_HOUSE = re.compile(
    r"[0-9A-Za-z一二三四五六七八九十百零〇甲乙丙丁\-]{1,8}+"
    r"(?:(?P<strong>号楼|号院|支弄|弄|栋|幢|单元|室)|号|座|楼|层|房|户|组|队|门)"
    r"|(?P<flat>[0-9]{1,3}-[0-9]{1,3}-[0-9]{3,4})(?![0-9\-])"
)
_ROOM = re.compile(r"[ \-]?[0-9]{1,5}(?![0-9个件天月年元块点分岁斤次，,.])")
_STREET = re.compile(
    r"街道|大道|胡同|小区|社区|花园|家园|公寓|大厦|广场|新村|宿舍|校区|[路街巷弄村镇乡苑]"
)
_PLACE = re.compile(rf"{_STREET.pattern}|[城园府庄里湾庭邸院厦]")
_LEVEL = re.compile(r"特别行政区|自治[区州县旗]|地区|林区|[省市区县旗盟]")
_CHAIN = re.compile(
    r"[一-鿿]{2,8}?(?:省|自治区|自治州|市)[ ,，]?[一-鿿]{1,6}?(?:自治县|自治旗|[区县旗市])"
)
_HARD_STOP = "。!?;\n:\"“”‘’'【】<>*=\t"
_SOFT_STOP = "我你您他她在到寄送是给往址住"
_NOT_A_DISTRICT = frozenset("小社园校景片厂库战街")
_NOT_A_CITY = frozenset("超夜股菜")
_REACH = 40
_CLUSTER_GAP = 6


def numbered_addresses(folded: str) -> Iterator[Span]:
    free_from = 0
    for cluster in _house_clusters(folded):
        first, last = cluster[0], cluster[-1]
        head = max(free_from, first.start() - _REACH)
        window = folded[head : first.start()]
        if not _is_house(cluster, window):
            continue
        start = division_end(folded, head + _address_offset(window), first.start())
        room = _ROOM.match(folded, last.end())
        end = room.end() if room else last.end()
        yield Span(start, end, "address")
        free_from = end


def _house_clusters(folded: str) -> Iterator[Sequence[re.Match[str]]]:
    """Yield house, stair and room numbers that stand together."""
    cluster: list[re.Match[str]] = []
    for match in _HOUSE.finditer(folded):
        if cluster:
            between = folded[cluster[-1].end() : match.start()]
            if len(between) > _CLUSTER_GAP or any(c in _HARD_STOP for c in between):
                yield cluster
                cluster = []
        cluster.append(match)
    if cluster:
        yield cluster


def _is_house(cluster: Sequence[re.Match[str]], window: str) -> bool:
    near = window.rstrip(" ,")
    if _STREET.search(near[-2:]) and not near.endswith("知道"):
        return True
    strong = any(match["strong"] for match in cluster)
    if not strong:
        return False
    return len(cluster) > 1 or bool(_PLACE.search(near[-12:]))


def _address_offset(window: str) -> int:
    """Return where in ``window`` the address that ends it begins."""
    start = max(window.rfind(stop) for stop in _HARD_STOP) + 1
    start = max(start, *(window.rfind(stop, start) + 1 for stop in _SOFT_STOP))
    position, fallback = start, start
    for part in re.split(r"([,，、 ])", window[start:]):
        if division_end(part, 0, len(part)):
            return position
        if _STREET.search(part):
            fallback = min(fallback, position) if fallback > start else position
        position += len(part)
    return fallback


def division_end(folded: str, start: int, limit: int) -> int:
    """Return where province, city and district, which begin at ``start``, end (else ``start``)."""
    end, cities = start, 0
    for match in _LEVEL.finditer(folded, start, min(limit, start + _REACH)):
        name = folded[end : match.start()].strip(" ,，·")
        level = match[0][-1]
        if not name and level == "市":  # 市中区, 市南区
            continue
        if not 1 <= len(name) <= 8 or _STREET.search(name) or not _is_han(name):
            break
        if level == "区" and name[-1] in _NOT_A_DISTRICT:
            break
        if level == "市" and name[-1] in _NOT_A_CITY:
            break
        end = match.end()
        cities += level == "市"
        if (match[0] not in ("自治区", "特别行政区", "地区") and level in "区县旗") or cities == 2:
            break
    return end


def is_coarse(folded: str) -> bool:
    """Answer whether ``folded`` names provinces, cities and districts at most: no street, no house."""
    end = division_end(folded, 0, len(folded))
    if end:
        return end == len(folded.rstrip())
    # 上海, 浙江杭州: names without their level.
    return len(folded) <= 8 and not _STREET.search(folded) and not any(c.isdigit() for c in folded)


def _is_han(text: str) -> bool:
    return all("\u4e00" <= character <= "\u9fff" for character in text)


def named_addresses(folded: str) -> Iterator[Span]:
    """Yield what follows a city and its district up to the last street or place named."""
    for match in _CHAIN.finditer(folded):
        start = division_end(folded, match.start(), len(folded))
        if start < match.end():
            continue
        rest = re.split(rf"[{_HARD_STOP},，、]", folded[start : start + 24], maxsplit=1)[0]
        places = [place.end() for place in _STREET.finditer(rest)]
        if places:
            yield Span(start, start + places[-1], "address")
