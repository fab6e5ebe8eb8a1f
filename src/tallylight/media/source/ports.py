"""The UDP ports that SRT may take: ``first-last`` of the operator's setting."""

from tallylight.foundation.errors import InvalidInputError

PORTS_MAX = 256


def read_ports(text: str) -> range:
    """An empty range for an empty text. InvalidInputError."""
    if not text.strip():
        return range(0)
    first, _, last = text.partition("-")
    try:
        ports = range(int(first), int(last or first) + 1)
    except ValueError:
        ports = range(0)
    if not ports or ports[0] < 1024 or ports[-1] > 65535 or len(ports) > PORTS_MAX:
        raise InvalidInputError(
            f"TALLYLIGHT_SRT_PORTS is a range of up to {PORTS_MAX} ports from 1024 on, such as 20000-20015"
        )
    return ports
