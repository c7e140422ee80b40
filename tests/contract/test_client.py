"""A client made by a public generator from what the house serves compiles and walks the main path."""

import compileall
import importlib
import json
import pkgutil
import subprocess
import sys
import urllib.request
import uuid
from http import HTTPStatus
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.conftest import PASSWORD
from tests.contract.conftest import with_password

NAME = "xiaoer_client"


@pytest.fixture(scope="module")
def generated(_servers, tmp_path_factory):
    """Generate the client, compile it, and import every module of it."""
    place = tmp_path_factory.mktemp("client")
    with urllib.request.urlopen(f"{_servers.url}/api/schema/", timeout=60) as answer:
        (place / "openapi.json").write_bytes(answer.read())
    # Only the formatting of what was generated is left out.
    (place / "config.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    made = subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none",
            "--path", place / "openapi.json", "--output-path", place / NAME,
            "--config", place / "config.yaml", "--fail-on-warning",
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert compileall.compile_dir(place / NAME, quiet=1)
    sys.path.insert(0, str(place))
    package = importlib.import_module(NAME)
    modules = [one.name for one in pkgutil.walk_packages(package.__path__, f"{NAME}.")]
    for name in modules:
        importlib.import_module(name)
    yield modules
    sys.path.remove(str(place))


def call(operation: str, client: Any, *args: Any, expect: int = 200, **kwargs: Any) -> Any:
    """Call an operation of the generated client by its path in the package; return what it parsed."""
    done = importlib.import_module(f"{NAME}.api.{operation}")
    answer = done.sync_detailed(*args, client=client, **kwargs)
    assert answer.status_code == HTTPStatus(expect), answer.content
    return answer.parsed


def model(name: str) -> Any:
    return getattr(importlib.import_module(f"{NAME}.models"), name)


def signed_in(served: Any, account: str) -> Any:
    """Sign in as an app of ``account``; return the client with its token."""
    main = importlib.import_module(NAME)
    stranger = main.Client(base_url=served.url)
    device = model("DeviceFields")(name="phone", platform=model("DevicePlatform")("ios"))
    body = model("SignInFields")(account=account, password=PASSWORD, device=device)
    tokens = call("sign_ins.sign_in", stranger, body=body, expect=201)
    renewed = call(
        "sign_ins.refresh_tokens",
        stranger,
        body=model("RefreshFields")(refresh_token=tokens.refresh_token),
    )
    return main.AuthenticatedClient(base_url=served.url, token=renewed.access_token)


def test_every_operation_is_in_the_generated_client(generated):
    endpoints = [
        name for name in generated if name.startswith(f"{NAME}.api.") and name.count(".") == 3
    ]
    assert len(endpoints) > 90


def test_the_generated_client_walks_the_main_path(served, generated, mei, bo, order):
    with_password(mei, bo)
    member, agent = signed_in(served, "mei"), signed_in(served, "bo")
    me = call("people.get_me", member)
    assert (me.name, me.roles) == ("周小宁", [model("RolesEnum")("member")])
    assert [one.order_no for one in call("orders.list_orders", member).data] == [order.order_no]

    start = call("changes.list_changes", member)
    asked = model("NewConversation")(
        medium=model("ConversationMedium")("app"), order_no=order.order_no, body="车厘子坏了一半"
    )
    talk = call("conversations.open_conversation", member, body=asked, expect=201)
    assert talk.id.startswith("cnv_")
    assert talk.order.order_no == order.order_no

    said = model("NewMessage")(client_id=uuid.uuid4(), body="照片稍后补上")
    key = str(uuid.uuid4())
    first = call(
        "messages.post_message", member, talk.id, body=said, idempotency_key=key, expect=201
    )
    again = call(
        "messages.post_message", member, talk.id, body=said, idempotency_key=key, expect=201
    )
    assert first.seq == again.seq
    assert [one.body for one in call("messages.list_messages", member, talk.id).data] == [
        "车厘子坏了一半",
        "照片稍后补上",
    ]
    changed = call("changes.list_changes", member, cursor=start.cursor).changed
    assert talk.id in json.dumps(changed.to_dict())

    taken = call("conversations.accept_conversation", agent, talk.id)
    assert taken.owner.name == "许青禾"
    ticket = call("sockets.get_socket_ticket", member, expect=201)
    with connect(
        ticket.url, subprotocols=["xiaoer.v1", f"ticket.{ticket.ticket}"], compression=None
    ) as socket:
        hear = heard(socket)
        assert next(hear)["op"] == "hello"
        topic = f"conversation:{talk.id}"
        socket.send(json.dumps({"op": "subscribe", "topic": topic, "after": taken.last_seq}))
        assert next(frame for frame in hear if frame["op"] == "subscribed")["topic"] == topic
        reply = model("NewMessage")(
            client_id=uuid.uuid4(), body="亲，我来办", seen_seq=taken.last_seq
        )
        posted = call("messages.post_message", agent, talk.id, body=reply, expect=201)
        told = next(frame for frame in hear if frame["op"] == "message")
        assert (told["body"], told["seq"]) == ("亲，我来办", posted.seq)
    refused = call("conversations.get_conversation", member, "cnv_" + "0" * 32, expect=404)
    assert refused.code == "not_found"


def heard(socket: Any) -> Any:
    """Yield frame by frame what the socket brings; frames may travel together."""
    while True:
        data = json.loads(socket.recv(timeout=20))
        yield from data if isinstance(data, list) else [data]
