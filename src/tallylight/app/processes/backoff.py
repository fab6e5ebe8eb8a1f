"""How long to wait before the next restart."""

_FIRST_S = 0.2
_LONGEST_S = 30.0
_HEALTHY_AFTER_S = 60.0


class Backoff:
    """Doubles from 0.2 s to 30 s; a life of a minute or more starts it over."""

    def __init__(self) -> None:
        self._next_s = _FIRST_S

    def next_delay_s(self, *, lived_s: float) -> float:
        """Seconds to wait now, after a process that lived ``lived_s``."""
        if lived_s >= _HEALTHY_AFTER_S:
            self._next_s = _FIRST_S
        delay_s = self._next_s
        self._next_s = min(self._next_s * 2, _LONGEST_S)
        return delay_s
