"""What gets into the logs: requests, refusals, tracebacks, all masked by the one formatter."""

import copy
import logging
import logging.config
from importlib import import_module
from io import StringIO

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.utils.log import log_response

PHONE, CARD = "13800002071", "银行卡6222021234567890128"


@pytest.fixture
def written():
    """What the house's own handler writes, with the house's own filters and formatter."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    said = copy.deepcopy(settings.LOGGING)  # what is read from it is taken out of it
    described, configurator = said["handlers"]["console"], logging.config.DictConfigurator(said)
    for name in described["filters"]:
        handler.addFilter(configurator.configure_filter(said["filters"][name]))
    handler.setFormatter(
        configurator.configure_formatter(said["formatters"][described["formatter"]])
    )
    loggers = [logging.getLogger(name) for name in ("django.request", "django.server", "x")]
    for logger in loggers:
        logger.addHandler(handler)
    yield stream.getvalue
    for logger in loggers:
        logger.removeHandler(handler)


def test_a_request_line_is_masked(written):
    request = RequestFactory().get(f"/api/v1/members/{PHONE}/", {"q": PHONE})

    class Answer:
        status_code = 404
        _has_been_logged = False

    log_response("Not Found: %s", request.get_full_path(), response=Answer(), request=request)
    assert "138****2071" in written()
    assert PHONE not in written()


def test_the_line_of_a_server_is_masked(written):
    logging.getLogger("django.server").warning(
        '"%s" %s %s', f"GET /me/orders/?phone={PHONE} HTTP/1.1", 200, 1200
    )
    assert PHONE not in written()
    assert "138****2071" in written()


def test_a_traceback_is_masked_down_to_its_causes(written):
    def deep(phone):
        raise ValueError(f"no such phone: {phone}")

    try:
        try:
            deep(PHONE)
        except ValueError as error:
            raise RuntimeError(f"{CARD} refused") from error
    except RuntimeError:
        logging.getLogger("x").exception("failed for %s", PHONE)
    text = written()
    assert "Traceback" in text
    assert "ValueError: no such phone: 138****2071" in text
    assert PHONE not in text
    assert "6222021234567890128" not in text


def test_arguments_of_any_kind_are_masked(written):
    logging.getLogger("x").warning("%(who)s %(rows)s", {"who": PHONE, "rows": [{"phone": PHONE}]})
    assert PHONE not in written()


def test_a_crash_of_a_page_writes_no_phone(written, client, db, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ValueError(f"sign-in of {PHONE} broke")

    monkeypatch.setattr(import_module("accounts.views.front"), "all_doors", broken)
    client.raise_request_exception = False
    assert client.get("/", {"next": f"/?p={PHONE}"}).status_code == 500
    assert "ValueError: sign-in of 138****2071 broke" in written()
    assert PHONE not in written()
