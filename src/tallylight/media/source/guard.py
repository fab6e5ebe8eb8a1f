"""Which machines a source may be fetched from: the public internet, and what the operator allows besides.

A producer's address must not become a way into the network that the server stands in (server-side request forgery,
CWE-918). So names are resolved here, every address of a name must be allowed, and what connects takes the address that
was looked at, never the name once more.
"""

import os
import socket
import stat
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

Networks = Sequence[IPv4Network | IPv6Network]
_NAT64 = ip_network("64:ff9b::/96")


class SourceForbiddenError(Exception):
    """The address is none that this server may fetch from. ``str`` is for the control room."""


def may_reach(address: str, allowed: Networks) -> bool:
    """Whether an IP address is public or in a network that the operator allows."""
    try:
        ip = _meant(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if any(ip in network for network in allowed):
        return True
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def resolve(host: str, port: int, allowed: Networks) -> list[str]:
    """The addresses of ``host``. Blocking. SourceForbiddenError when even one is not allowed, OSError when none is."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not all(may_reach(one, allowed) for one in addresses):
        raise SourceForbiddenError(
            "The address lies in a private network. The server's operator can allow it with TALLYLIGHT_SOURCE_NETWORKS."
        )
    return addresses


def check_peers(allowed: Networks) -> None:
    """Look at every connection of this process: a library may have followed a redirect. SourceForbiddenError."""
    for entry in Path("/proc/self/fd").iterdir():
        try:
            number = int(entry.name)
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            with socket.socket(fileno=os.dup(number)) as one:
                if one.family not in (socket.AF_INET, socket.AF_INET6):
                    continue
                peer = one.getpeername()
        except OSError:
            continue  # closed meanwhile, or not connected
        if not may_reach(peer[0], allowed):
            raise SourceForbiddenError("The source sends the server on to a private network.")


def _meant(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that some IPv6 addresses stand for."""
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip.sixtofour is not None:
            return ip.sixtofour
        if ip in _NAT64:
            return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
