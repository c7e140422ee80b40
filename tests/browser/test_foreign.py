"""No page asks anybody but us for anything, and none of it is against its own policy."""

from urllib.parse import urlsplit

import pytest

from tests.hostile.world import build

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = {
    "": ["/"],
    "mei": ["/", "/me/", "/me/orders/", "/me/chat/{chat}/", "/profile/"],
    "bo": ["/desk/", "/radio/mine/", "/profile/"],
    "he": ["/radio/", "/radio/channels/", "/radio/editions/{edition}/"],
    "lin": ["/radio/kitchen/"],
    "ops": [
        "/admin/",
        "/admin/selftest/",
        "/admin/tickets/conversation/",
        "/admin/tickets/conversation/{chat}/change/",
        "/admin/common/parameter/",
        "/admin/common/historycheck/",
        "/admin/accounts/webhookendpoint/add/",
        "/admin/accounts/webhookdelivery/",
    ],
}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_foreign_nothing_forbidden(
    dark, new_page, house, request, settings, tmp_path, team
):
    settings.DATA_DIR = tmp_path
    world = build(request)
    words = {"chat": world.rows["key"][0], "edition": world.rows["key"][2]}
    asked, violations = [], []
    for who, paths in PAGES.items():
        page = new_page(world.people[who] if who else None, dark=dark)
        page.on("request", lambda one: asked.append(one.url))
        page.on("websocket", lambda one: asked.append(one.url))
        page.expose_function("tellViolation", lambda words: violations.append(words))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', (e) => "
            "window.tellViolation(`${e.violatedDirective} ${e.blockedURI} ${location.pathname}`))"
        )
        for path in paths:
            answer = page.goto(house.url + path.format(**words))
            assert answer.ok, path
            page.wait_for_load_state("load")
        page.wait_for_timeout(300)
    assert violations == []
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}
    assert len(asked) > 50
    # The probe sees what it should: a style written into the page is refused and told.
    page = new_page()
    page.expected.append("Content Security Policy")
    page.goto(house.url + "/")
    page.evaluate(
        "new Promise((done) => { document.addEventListener('securitypolicyviolation', done);"
        " const style = document.createElement('style'); style.textContent = 'p { color: red }';"
        " document.head.append(style); }).then(() => 1)"
    )
