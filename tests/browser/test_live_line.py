"""Two browsers, the real socket process, and lines that break: nothing acknowledged is lost or doubled."""

from playwright.sync_api import Page

from tests.tickets.casts import answered
from tickets.models import Message

from .pages import wait_until

LOAD = """
async ([conversation]) => {
  const {Live} = await import("/static/js/live.js");
  const meta = (name) => document.querySelector(`meta[name=${name}]`).content;
  window.live = new Live({url: meta("live-url"), user: meta("me")});
  window.heard = [];
  window.acked = new Set();
  window.caught = 0;
  live.addEventListener("message", (e) => heard.push([e.detail.seq, e.detail.body]));
  live.addEventListener("ack", (e) => acked.add(e.detail.client_id));
  live.addEventListener("caughtup", (e) => { caught += e.detail.count; });
  live.subscribe("conversation:" + conversation, {after: 0});
  live.connect();
  window.say = (n, who) => { for (let i = 0; i < n; i += 1) live.send({conversation, body: `${who} ${i}`}); };
}
"""


def talking(new_page, house, user, conversation) -> Page:
    page = new_page(user)
    page.expected += ["WebSocket", "ERR_"]
    page.goto(house.url + "/profile/")
    page.evaluate(LOAD, [conversation.public_key])
    wait_until(page, "live.isOnline")
    return page


def test_the_socket_process_is_killed_in_the_middle_of_a_talk(new_page, house, mei, bo, team):
    conversation = answered(mei.member, team, bo)
    one, other = (talking(new_page, house, user, conversation) for user in (mei, bo))
    one.evaluate("say(40, 'mei')")
    other.evaluate("say(40, 'bo')")
    wait_until(one, "acked.size >= 5")
    house.live_down()
    one.evaluate("say(10, 'mei again')")
    house.live_up()
    for page in (one, other):
        page.evaluate("live.retryNow()")
        wait_until(page, "live.outbox.counts().waiting === 0 && heard.length === 90", 60)
    stored = list(
        Message.objects.filter(conversation=conversation).order_by("seq").values_list("seq", "body")
    )
    assert [seq for seq, _body in stored] == list(range(1, 91))
    assert len({body for _seq, body in stored}) == 90
    for page in (one, other):
        assert [tuple(row) for row in page.evaluate("heard")] == stored
    mine = [body for _seq, body in stored if body.startswith("mei ")]
    assert mine == [f"mei {n}" for n in range(40)] + [f"mei again {n}" for n in range(10)]


def test_a_browser_that_was_cut_off_hears_what_it_missed(new_page, house, mei, bo, team):
    conversation = answered(mei.member, team, bo)
    one, other = (talking(new_page, house, user, conversation) for user in (mei, bo))
    one.context.set_offline(True)
    wait_until(one, "live.state === 'offline'")
    one.evaluate("say(3, '断网时写的')")
    other.evaluate("say(4, 'bo')")
    wait_until(other, "acked.size === 4")
    one.context.set_offline(False)
    wait_until(one, "live.isOnline && heard.length === 7")
    assert one.evaluate("caught") == 4
    assert one.evaluate("heard.map(([seq]) => seq)") == [1, 2, 3, 4, 5, 6, 7]


def test_words_written_offline_go_after_a_reload(new_page, house, mei, bo, team):
    conversation = answered(mei.member, team, bo)
    page = talking(new_page, house, mei, conversation)
    house.live_down()
    page.evaluate("say(2, '重载前')")
    page.reload()
    house.live_up()
    page.evaluate(LOAD, [conversation.public_key])
    wait_until(page, "heard.length === 2", 40)
    said = Message.objects.filter(conversation=conversation).order_by("seq")
    assert list(said.values_list("body", flat=True)) == ["重载前 0", "重载前 1"]
