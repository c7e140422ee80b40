"""The one way in which the house calls an address that somebody outside gave us.

An address is read once, by one parser; its name is looked up once; every answer must be a public
address; the connection goes to exactly that address while TLS and ``Host`` name the host that was
asked for. No redirect is followed, no proxy is asked, little is read, and the clock runs out hard.
"""

from common.outgoing.addresses import AddressRefused, Target, is_public, parse_target
from common.outgoing.posting import Answer, Unreachable, post

__all__ = [
    "AddressRefused",
    "Answer",
    "Target",
    "Unreachable",
    "is_public",
    "parse_target",
    "post",
]
