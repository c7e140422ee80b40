"""REST in one voice: orjson in and out, strict fields, refusals as problem documents (RFC 9457)."""

from common.rest.problems import problem
from common.rest.sent import Sent, accepted
from common.rest.wire import OrjsonParser, OrjsonRenderer

__all__ = ["OrjsonParser", "OrjsonRenderer", "Sent", "accepted", "problem"]
