"""Which addresses are our own proxies', whose word on their clients is believed."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from tallylight.foundation.errors import InvalidInputError


def trusted_networks(text: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks, comma-separated. InvalidInputError."""
    try:
        return [ip_network(one.strip(), strict=False) for one in text.split(",") if one.strip()]
    except ValueError as error:
        raise InvalidInputError(
            f"TALLYLIGHT_TRUSTED_PROXIES is a comma-separated list of addresses or networks: {error}"
        ) from error
