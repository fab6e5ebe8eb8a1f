"""Who is calling, for rate limits: the peer, or what a trusted proxy says about it."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from socket import AF_INET, inet_ntop, inet_pton

from litestar.types import HTTPScope

HOPS_MAX = 16
# A household or a phone gets a whole IPv6 /64; limits by single address would be none.
_IPV6_SHIFT = 64


def client_address(scope: HTTPScope, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """The nearest address that is not a trusted proxy's, IPv6 cut to its /64.

    X-Forwarded-For is read from the right, and only while the one who wrote the entry is trusted: what a client
    puts there itself stays to the left of its real address and is never reached.
    """
    peer = _peer(scope)
    address = _parse(peer)
    if address is None:
        return peer or "local"
    hops = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    entries = b",".join(hops).decode("latin-1").split(",")[-HOPS_MAX:] if hops else []
    while entries and any(address in network for network in trusted):
        nearer = _parse(entries.pop().strip())
        if nearer is None:
            break
        address = nearer
    return _group(address)


def is_loopback(scope: HTTPScope) -> bool:
    """Whether the caller is this machine itself and no proxy stands between."""
    address = _parse(_peer(scope))
    forwarded = any(name in (b"x-forwarded-for", b"forwarded") for name, _ in scope["headers"])
    return address is not None and address.is_loopback and not forwarded


def _peer(scope: HTTPScope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return IPv4Address(inet_pton(AF_INET, text))  # several times faster than to parse it in Python
    except (OSError, ValueError):
        pass
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _group(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return inet_ntop(AF_INET, address.packed)
    return f"{IPv6Address(int(address) >> _IPV6_SHIFT << _IPV6_SHIFT)}/64"
