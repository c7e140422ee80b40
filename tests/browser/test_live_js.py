"""The socket client against a scripted server: nothing written is lost, doubled or out of order."""

import pytest

SCRIPT = """
const {Live} = await import("/static/js/live.js");
const sockets = [];
class Fake {
  constructor(url) { this.url = url; this.readyState = 0; this.sent = []; sockets.push(this); }
  send(text) { this.sent.push(JSON.parse(text)); }
  close(code) { this.readyState = 3; this.onclose?.({code: code ?? 1005, reason: ""}); }
  say(...frames) { for (const f of frames) this.onmessage({data: JSON.stringify(f)}); }
  hello(extra = {}) {
    this.readyState = 1;
    this.say({op: "hello", user: "me", heartbeat: 20, sync: 15, limits: {frame: 65536}, ...extra});
  }
  lose(code = 1006) { this.readyState = 3; this.onclose({code, reason: ""}); }
  of(op) { return this.sent.filter((f) => f.op === op); }
}
const heard = [];
function make(extra = {}) {
  const live = new Live({url: "ws://x/", user: "me", Socket: Fake, random: () => 0.5, page: "p1", ...extra});
  for (const name of ["state", "message", "ack", "held", "failed", "caughtup", "refused", "outbox", "error"]) {
    live.addEventListener(name, (e) => heard.push([name, e.detail]));
  }
  return live;
}
const last = () => sockets[sockets.length - 1];
const said = (name) => heard.filter(([n]) => n === name).map(([, d]) => d);
const msg = (seq, extra = {}) => ({op: "message", conversation: "c1", seq, body: String(seq), ...extra});
const kept = () => Object.keys(localStorage).filter((k) => k.startsWith("xiaoer.out.me."));
"""


@pytest.fixture
def run(page, _servers):
    """Run a script in a page that has the client; time stands still until the script moves it."""
    page.clock.install(time=0)
    page.goto(_servers.url + "/healthz")
    page.clock.pause_at(3_600_000)

    def run(body: str):
        return page.evaluate(f"async () => {{ {SCRIPT} {body} }}")

    run.pass_time = page.clock.run_for
    run.keep = lambda body: page.evaluate(
        f"async () => {{ {SCRIPT} Object.assign(window, {{sockets, heard, last, said, make, kept, msg}}); {body} }}"
    )
    run.on = page.evaluate
    return run


def test_a_message_waits_for_the_line_and_leaves_storage_when_acknowledged(run):
    result = run("""
      const live = make();
      const id = live.send({conversation: "c1", body: "在吗", seenSeq: 3});
      live.connect();
      const before = [last().sent.length, kept().length];
      last().hello();
      const [frame] = last().of("send");
      last().say({op: "ack", conversation: "c1", client_id: id, seq: 4, at: "t"});
      return {before, frame, id, after: kept().length, ack: said("ack")[0].seq, outbox: live.outbox.counts()};
    """)
    assert result["before"] == [0, 1]
    assert result["frame"] == {
        "op": "send",
        "conversation": "c1",
        "client_id": result["id"],
        "kind": "text",
        "body": "在吗",
        "seen_seq": 3,
    }
    assert result["after"] == 0
    assert result["ack"] == 4
    assert result["outbox"] == {"waiting": 0, "failed": 0}


def test_a_reload_goes_on_with_the_same_ids_in_the_same_order(run):
    result = run("""
      const first = make();
      const ids = ["一", "二", "三"].map((body) => first.send({conversation: "c1", body}));
      first.close();
      const again = make();
      again.connect(); last().hello();
      for (const id of ids) last().say({op: "ack", conversation: "c1", client_id: id, seq: ids.indexOf(id) + 1});
      return {ids, sent: last().of("send").map((f) => f.client_id), kept: kept().length};
    """)
    assert result["sent"] == result["ids"]
    assert result["kept"] == 0


def test_another_pages_words_are_left_to_it_until_it_is_gone(run):
    run.keep("""
      make({page: "p2"}).send({conversation: "c1", body: "另一页写的"});
      window.live = make(); live.connect(); last().hello();
    """)
    assert run.on("last().of('send').length") == 0
    run.pass_time(36_000)
    assert run.on("last().of('send').map((f) => f.body)") == ["另一页写的"]


def test_busy_waits_and_nothing_overtakes(run):
    run.keep("""
      window.live = make(); live.connect(); last().hello();
      window.ids = ["一", "二"].map((body) => live.send({conversation: "c1", body}));
      live.send({conversation: "c2", body: "别的对话"});
      last().say({op: "error", code: "busy", client_id: ids[0], conversation: "c1", retry_ms: 400});
    """)
    assert run.on("last().of('send').map((f) => f.body)") == ["一", "别的对话"]
    run.pass_time(300)
    assert run.on("last().of('send').length") == 2
    run.pass_time(300)
    assert run.on("last().of('send').map((f) => f.body)") == ["一", "别的对话", "一"]
    run.on("last().say({op: 'ack', conversation: 'c1', client_id: ids[0], seq: 1})")
    assert run.on("last().of('send').map((f) => f.body)") == ["一", "别的对话", "一", "二"]


def test_a_gap_is_noticed_filled_and_handed_on_in_order(run):
    result = run("""
      const live = make(); live.connect(); last().hello();
      live.subscribe("conversation:c1", {after: 0});
      last().onmessage({data: JSON.stringify([msg(1), msg(1), msg(4)])});
      const asked = last().of("sync");
      last().say(msg(5), msg(2), msg(3), msg(2));
      return {asked, seqs: said("message").map((m) => m.seq), syncs: last().of("sync").length};
    """)
    assert result["asked"] == [{"op": "sync", "id": 1, "conversations": {"c1": 1}}]
    assert result["seqs"] == [1, 2, 3, 4, 5]
    assert result["syncs"] == 1


def test_what_the_server_does_not_have_closes_the_gap(run):
    result = run("""
      const live = make(); live.connect(); last().hello();
      live.subscribe("conversation:c1", {after: 1});
      last().say(msg(3));
      const before = said("message").length;
      last().say({op: "synced", conversations: {c1: 3}}, msg(4));
      return {before, seqs: said("message").map((m) => m.seq)};
    """)
    assert result == {"before": 0, "seqs": [3, 4]}


def test_a_long_gap_is_filled_page_by_page(run):
    result = run("""
      const live = make();
      live.connect();
      last().hello();
      live.subscribe("conversation:c1", {after: 0});
      last().say(msg(6));
      const ids = () => last().of("sync").map((f) => [f.id, f.conversations.c1]);
      last().say(msg(1), msg(2), {op: "synced", id: ids()[0][0], conversations: {c1: 6}});
      const between = said("message").map((m) => m.seq);
      last().say(msg(3), msg(4), msg(5), {op: "synced", id: ids()[1][0], conversations: {c1: 6}});
      return {between, asked: ids().map(([, from]) => from), seqs: said("message").map((m) => m.seq)};
    """)
    assert result["between"] == [1, 2]
    assert result["asked"] == [0, 2]
    assert result["seqs"] == [1, 2, 3, 4, 5, 6]


def test_a_lost_line_comes_back_where_it_was(run):
    run.keep("""
      window.live = make(); live.connect(); last().hello();
      live.subscribe("conversation:c1", {after: 7}); live.subscribe("me");
      last().say({op: "subscribed", topic: "conversation:c1", last_seq: 7}, msg(8));
      live.viewing("c1", "viewing");
      last().lose();
      live.read("c1", 8);
    """)
    assert run.on("live.state") == "offline"
    run.pass_time(1000)
    assert run.on("sockets.length") == 2
    run.on("last().hello()")
    assert run.on("last().of('subscribe')") == [
        {"op": "subscribe", "topic": "conversation:c1", "after": 8},
        {"op": "subscribe", "topic": "me"},
    ]
    assert run.on("last().of('read')") == [{"op": "read", "conversation": "c1", "seq": 8}]
    assert run.on("last().of('viewing').length") == 1
    run.on("last().say({op: 'subscribed', topic: 'conversation:c1', last_seq: 11})")
    run.on("last().say(msg(9), msg(10), msg(11), msg(12))")
    assert run.on("said('caughtup')") == [{"conversation": "c1", "count": 3}]


def test_waits_grow_and_are_spread(run):
    run.keep("""
      window.live = make(); live.connect(); last().hello();
      window.waits = [];
      for (let i = 0; i < 8; i += 1) {
        last().lose(); waits.push(live.retryAt - Date.now());
        live.retryNow();
      }
    """)
    # Half of the cap each time, because chance is fixed at one half here.
    expected = [400, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]
    assert run.on("waits") == expected


@pytest.mark.parametrize(("code", "reason"), [(4401, "sign_in"), (4403, "origin")])
def test_it_does_not_knock_where_it_may_not_enter(run, code, reason):
    run.keep(f"window.live = make(); live.connect(); last().lose({code});")
    run.pass_time(60_000)
    assert run.on("[sockets.length, live.state, live.closedBy]") == [1, "closed", reason]


def test_somebody_elses_line_never_carries_these_words(run):
    result = run("""
      const live = make();
      live.send({conversation: "c1", body: "我的话"});
      live.connect(); last().hello({user: "somebody else"});
      return {sent: last().of("send").length, state: live.state, kept: kept().length};
    """)
    assert result == {"sent": 0, "state": "closed", "kept": 1}


def test_an_unseen_message_holds_the_send_until_somebody_decides(run):
    result = run("""
      const live = make(); live.connect(); last().hello();
      const id = live.send({conversation: "c1", body: "好的", seenSeq: 4});
      const second = live.send({conversation: "c1", body: "还有"});
      last().say({op: "error", code: "unseen", client_id: id, conversation: "c1", last_seq: 5});
      const held = [said("held")[0].last_seq, last().of("send").length];
      live.resend(id, {anyway: true});
      const again = last().of("send")[1];
      const back = live.discard(second);
      return {held, anyway: again.anyway, same: again.client_id === id, back, kept: kept().length};
    """)
    assert result == {"held": [5, 1], "anyway": True, "same": True, "back": "还有", "kept": 1}


def test_a_refusal_is_said_kept_and_does_not_stop_the_next(run):
    result = run("""
      const live = make(); live.connect(); last().hello();
      const id = live.send({conversation: "c1", body: "一"});
      live.send({conversation: "c1", body: "二"});
      last().say({op: "error", code: "closed", message: "对话已办结", client_id: id, conversation: "c1"});
      const sent = last().of("send").map((f) => f.body);
      return {failed: said("failed")[0], sent, counts: live.outbox.counts(), kept: kept().length};
    """)
    assert result["failed"]["code"] == "closed"
    assert result["sent"] == ["一", "二"]
    assert result["counts"] == {"waiting": 1, "failed": 1}
    assert result["kept"] == 2


def test_too_large_is_refused_before_it_is_sent(run):
    result = run("""
      const live = make(); live.connect(); last().hello();
      live.send({conversation: "c1", body: "字".repeat(30000)});
      return {sent: last().of("send").length, code: said("failed")[0].code};
    """)
    assert result == {"sent": 0, "code": "too_large"}


def test_no_answer_means_again_and_then_a_new_line(run):
    run.keep("""
      window.live = make(); live.connect(); last().hello();
      live.send({conversation: "c1", body: "在吗"});
      setInterval(() => last().readyState === 1 && last().say({op: "pong"}), 5000);
    """)
    run.pass_time(10_100)
    assert run.on("last().of('send').length") == 2
    run.pass_time(11_000)
    assert run.on("sockets.length") == 2
    run.on("last().hello()")
    assert run.on("last().of('send').length") == 1
    ids = run.on("sockets.flatMap((s) => s.of('send')).map((f) => f.client_id)")
    assert len(set(ids)) == 1


def test_a_silent_line_is_asked_and_then_left(run):
    run.keep("window.live = make(); live.connect(); last().hello();")
    run.pass_time(21_000)
    assert run.on("last().of('ping').length") >= 1
    run.pass_time(25_000)
    assert run.on("sockets.length") >= 2


def test_typing_is_told_at_most_every_three_seconds(run):
    run.keep("""
      window.live = make(); live.connect(); last().hello();
      for (let i = 0; i < 20; i += 1) live.typing("c1");
    """)
    assert run.on("last().of('typing').length") == 1
    run.pass_time(3100)
    run.on("live.typing('c1')")
    assert run.on("last().of('typing').length") == 2


def test_a_topic_one_may_not_hear_is_not_asked_for_again(run):
    run.keep("""
      window.live = make(); live.connect(); last().hello();
      live.subscribe("notes:c9");
      last().say({op: "error", code: "not_found", topic: "notes:c9"});
      last().lose();
    """)
    assert run.on("said('refused').length") == 1
    run.pass_time(2000)
    run.on("last().hello()")
    assert run.on("last().of('subscribe').length") == 0


def test_ones_own_message_counts_as_its_ack(run):
    result = run("""
      const live = make(); live.connect(); last().hello();
      live.subscribe("conversation:c1", {after: 0});
      const id = live.send({conversation: "c1", body: "在吗"});
      last().say(msg(1, {client_id: id}), {op: "ack", conversation: "c1", client_id: id, seq: 1});
      return {acks: said("ack").length, messages: said("message").length, kept: kept().length};
    """)
    assert result["messages"] == 1
    assert result["kept"] == 0
