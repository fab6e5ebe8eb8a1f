"""Lists of addresses in the settings: our own proxies, whose word on their clients is believed, and others."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from tallylight.foundation.errors import InvalidInputError


def trusted_networks(text: str, setting: str = "TALLYLIGHT_TRUSTED_PROXIES") -> list[IPv4Network | IPv6Network]:
    """Addresses and networks, comma-separated. InvalidInputError names the setting."""
    try:
        return [ip_network(one.strip(), strict=False) for one in text.split(",") if one.strip()]
    except ValueError as error:
        raise InvalidInputError(f"{setting} is a comma-separated list of addresses or networks: {error}") from error
