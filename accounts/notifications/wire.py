"""Which push services of browsers are sent to.

A browser's subscription names the address we must send to, so anybody can name any address. Only
known services are called (``notification.push_hosts``), by https; how an address is called at all is
``common.outgoing``'s affair. Services inside one's own network are named in ``XIAOER_PUSH_OWN_HOSTS``;
those may be internal and speak http.
"""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from common.outgoing import AddressRefused, Target, parse_target
from common.parameters import value

PORTS = (443,)


def target_of(endpoint: str) -> Target:
    """Read a subscription's address. Raises ``AddressRefused`` for what is no service we send to."""
    target = parse_target(endpoint, ports=PORTS, allowed=settings.PUSH_OWN_HOSTS)
    own = f"{target.host}:{target.port}" in settings.PUSH_OWN_HOSTS
    if not own and not _is_known(target.host):
        raise AddressRefused("address.unknown_service", _("This is not a push service we know."))
    return target


def _is_known(host: str) -> bool:
    return any(
        host.endswith(known[1:]) if known.startswith("*.") else host == known
        for known in value("notification.push_hosts").lower().split()
    )
