"""Pictures and bits a second of what a publisher sends, over the last whole second."""

from dataclasses import dataclass


@dataclass(slots=True)
class InputMeter:
    """``count`` each message; read the rates. Times are wall time in microseconds."""

    fps_x100: int = 0
    bitrate_kbps: int = 0
    _since_us: int = 0
    _pictures: int = 0
    _bytes: int = 0

    def count(self, now_us: int, size: int, *, picture: bool) -> None:
        self._pictures += picture
        self._bytes += size
        elapsed_us = now_us - self._since_us
        if elapsed_us >= 1_000_000:
            if elapsed_us < 3_000_000:
                self.fps_x100 = self._pictures * 100_000_000 // elapsed_us
                self.bitrate_kbps = self._bytes * 8_000 // elapsed_us
            self._since_us, self._pictures, self._bytes = now_us, 0, 0
