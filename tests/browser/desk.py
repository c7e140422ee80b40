"""What the tests of the workbench share: talks in a given state, and the hands of an agent."""

from playwright.sync_api import expect

from tickets.actions.conversations import open_conversation
from tickets.actions.ownership import accept_conversation
from tickets.models import Message


def asked(user, body="签收就坏了一半，怎么办？", order=None):
    return open_conversation(
        user.member, medium="web", body=body, order=order, by=user
    ).conversation


def answered_by(agent, user, body="签收就坏了一半，怎么办？", order=None):
    talk = asked(user, body, order)
    return accept_conversation(talk, by=agent)


def at_desk(new_page, house, user, talk=None, **looks):
    page = new_page(user, **looks)
    page.goto(f"{house.url}/desk/" + (f"?c={talk.public_key}" if talk else ""))
    expect(page.locator("#figures span").first).to_be_attached()
    return page


def reply(page, text):
    page.locator("#box").fill(text)
    page.locator("#box").press("Control+Enter")


def bubble(page, text):
    return page.locator(".bubble", has_text=text)


def stored(talk):
    return list(
        Message.objects.filter(conversation_id=talk.pk)
        .order_by("seq")
        .values_list("body", flat=True)
    )


def png():
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (12, 8), (120, 20, 40)).save(out, "PNG")
    return out.getvalue()
