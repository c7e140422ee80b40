"""The page that shows the description of the API: everything on it is from this house.

``new_page`` fails the test on any console line (violations of the policy are such) and any request to
another machine.
"""

from playwright.sync_api import expect

from tests.browser.pages import assert_fits, shot


def test_strangers_read_the_description(house, new_page):
    page = new_page()
    page.goto(house.url + "/api/docs/")
    expect(page.get_by_role("heading", name="Xiaoer")).to_be_visible()
    page.locator("#operations-tag-conversations").click()
    operation = page.locator("#operations-conversations-openConversation")
    operation.locator(".opblock-summary-control").click()
    expect(operation.get_by_text("Integration tokens need the scope")).to_be_visible()
    expect(operation.get_by_text("车厘子坏了一半").first).to_be_visible()
    shot(page, "api-docs")


def test_it_fits_a_phone(house, new_page):
    page = new_page(phone=True)
    page.goto(house.url + "/api/docs/")
    expect(page.get_by_role("heading", name="Xiaoer")).to_be_visible()
    assert_fits(page)
    shot(page, "api-docs-phone")
