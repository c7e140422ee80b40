"""A browser's own words about itself, in the words people use for it."""

import re

# The first that fits wins: browsers name each other to be let in everywhere.
_BROWSERS = (
    ("MicroMessenger/", "微信"),
    ("AlipayClient/", "支付宝"),
    ("DingTalk/", "钉钉"),
    ("QQBrowser/", "QQ浏览器"),
    ("UCBrowser/", "UC浏览器"),
    ("HuaweiBrowser/", "华为浏览器"),
    ("MiuiBrowser/", "小米浏览器"),
    ("HeyTapBrowser/", "OPPO浏览器"),
    ("VivoBrowser/", "vivo浏览器"),
    ("360SE", "360浏览器"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("iPad", "iPadOS"),
    ("iPhone", "iOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_VERSION = re.compile(r"(\d{1,4})")


def device_of(user_agent: str) -> tuple[str, str]:
    """Return browser (with its main version) and system, each empty when nobody knows."""
    return _browser_of(user_agent[:600]), _first(_SYSTEMS, user_agent[:600])[1]


def _browser_of(user_agent: str) -> str:
    mark, name = _first(_BROWSERS, user_agent)
    if not name:
        return ""
    # Safari's own version stands behind another word.
    mark = "Version/" if name == "Safari" else mark
    rest = user_agent.partition(mark)[2]
    version = _VERSION.match(rest)
    return f"{name} {version[1]}" if version else name


def _first(table: tuple[tuple[str, str], ...], text: str) -> tuple[str, str]:
    return next(((mark, name) for mark, name in table if mark in text), ("", ""))
