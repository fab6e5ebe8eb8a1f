"""Where somebody speaks: Silero's voice activity model, fed a little at a time.

The model (MIT, shipped inside faster-whisper) gives a probability for each 32 ms of sound. Thresholds lean towards
hearing: a frame wrongly called speech costs a pass, a word wrongly called silence would air unheard.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt
from faster_whisper.vad import get_vad_model

FRAME_SAMPLES = 512
_CONTEXT_SAMPLES = 64
_ENTER_PERMILLE = 350
_STAY_PERMILLE = 200

Sound = npt.NDArray[np.float32]


class VoiceActivity(Protocol):
    """Says for each frame of FRAME_SAMPLES whether somebody speaks in it."""

    def frames(self, sound: Sound) -> list[bool]:
        """Decisions for ``sound``, whose length is a multiple of FRAME_SAMPLES and which follows the last call's."""
        ...


class SileroVoiceActivity:
    """Silero's model with its memory kept from call to call."""

    def __init__(self) -> None:
        self._session = get_vad_model().session
        self._memory = np.zeros((1, 1, 128), dtype=np.float32)
        self._cell = np.zeros((1, 1, 128), dtype=np.float32)
        self._tail = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)
        self._speaking = False

    def frames(self, sound: Sound) -> list[bool]:
        decisions = []
        for permille in self._permille(sound):
            self._speaking = permille >= (_STAY_PERMILLE if self._speaking else _ENTER_PERMILLE)
            decisions.append(self._speaking)
        return decisions

    def _permille(self, sound: Sound) -> list[int]:
        if len(sound) == 0:
            return []
        blocks = sound.reshape(-1, FRAME_SAMPLES)
        context = np.vstack([self._tail, blocks[:-1, -_CONTEXT_SAMPLES:]])
        self._tail = blocks[-1, -_CONTEXT_SAMPLES:].copy()
        probabilities, self._memory, self._cell = self._session.run(
            None, {"input": np.concatenate([context, blocks], axis=1), "h": self._memory, "c": self._cell}
        )
        return [int(value * 1000) for value in np.asarray(probabilities).reshape(-1)]
