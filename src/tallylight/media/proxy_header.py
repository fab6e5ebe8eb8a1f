"""The PROXY protocol (haproxy.org, "The PROXY protocol", 2020, versions 1 and 2): who stands behind a proxy.

A proxy that ends TLS before us says first whom it speaks for. Pure: bytes in, an address out.
"""

import ipaddress

_V2 = b"\r\n\r\n\x00\r\nQUIT\n"
_V1 = b"PROXY "
V1_BYTES_MAX = 107
_V2_HEAD_BYTES = 16
_V2_REST_BYTES_MAX = 1024
_V2_PROXY, _V2_LOCAL = 0x21, 0x20
_ADDRESS_BYTES = {0x11: 4, 0x21: 16}  # TCP over IPv4 and IPv6


class ProxyHeaderError(Exception):
    """The bytes are no PROXY header."""


def read_proxy_header(data: bytes) -> tuple[str | None, int] | None:
    """(address, bytes that the header takes); the address is None when the proxy speaks for itself.

    None while more bytes are needed. Raises ProxyHeaderError.
    """
    if data.startswith(_V1[: len(data)]):
        return _version_1(data)
    if data.startswith(_V2[: len(data)]):
        return _version_2(data)
    raise ProxyHeaderError


def _version_1(data: bytes) -> tuple[str | None, int] | None:
    end = data.find(b"\r\n", 0, V1_BYTES_MAX)
    if end < 0:
        if len(data) >= V1_BYTES_MAX:
            raise ProxyHeaderError
        return None
    words = data[:end].split(b" ")
    if words[1] == b"UNKNOWN":
        return None, end + 2
    if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
        raise ProxyHeaderError
    try:
        return str(ipaddress.ip_address(words[2].decode("ascii"))), end + 2
    except ValueError:
        raise ProxyHeaderError from None


def _version_2(data: bytes) -> tuple[str | None, int] | None:
    if len(data) < _V2_HEAD_BYTES:
        return None
    command, family = data[12], data[13]
    size = int.from_bytes(data[14:16], "big")
    if command not in (_V2_PROXY, _V2_LOCAL) or size > _V2_REST_BYTES_MAX:
        raise ProxyHeaderError
    if len(data) < _V2_HEAD_BYTES + size:
        return None
    width = _ADDRESS_BYTES.get(family)
    if command == _V2_LOCAL or width is None:
        return None, _V2_HEAD_BYTES + size
    if size < 2 * width + 4:
        raise ProxyHeaderError
    return str(ipaddress.ip_address(data[_V2_HEAD_BYTES : _V2_HEAD_BYTES + width])), _V2_HEAD_BYTES + size
