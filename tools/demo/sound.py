"""Lay the spoken sentences out in time: the show's sound and its timeline.

    python tools/demo/sound.py build/demo/voice build/demo/show.wav

Writes ``show.wav`` (48 kHz stereo, signed 16 bit) and ``assets/timeline.json``: when each line and sentence is
spoken, in milliseconds from the first sample of a loop, when its cue is due, and which spans must never air.
The loop lasts a whole number of 1.6 s, because 48 frames of picture at 30 a second and 75 AAC frames of 1,024
samples at 48 kHz last exactly that: a loop of it joins on to itself without a gap or drift.
"""

import json
import sys
import tomllib
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

ASSETS = Path(__file__).parents[2] / "src/tallylight/app/demo/assets"
RATE_HZ = 48_000
GRAIN_SAMPLES = 75 * 1024
SENTENCE_REST_MS = 300
LINE_REST_MS = 450
SPEECH_RMS = 0.085
PEAK = 0.84
ROOM_TONE_RMS = 0.0011

Sound = npt.NDArray[np.float64]


def read_voice(path: Path) -> Sound:
    """One sentence at 48 kHz, silence trimmed off both ends (Piper leaves up to 300 ms)."""
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        pcm = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64) / 32768
    loud = np.flatnonzero(np.abs(pcm) > 0.012)
    pad = int(rate * 0.03)
    pcm = pcm[max(0, loud[0] - pad) : loud[-1] + 2 * pad]
    return resample(pcm, rate)


def resample(pcm: Sound, rate: int) -> Sound:
    """To 48 kHz through the frequency domain: band-limited, so no images above the voice's own 11 kHz."""
    length = round(len(pcm) * RATE_HZ / rate)
    spectrum = np.fft.rfft(pcm)
    wide = np.zeros(length // 2 + 1, dtype=complex)
    kept = min(len(spectrum), len(wide))
    wide[:kept] = spectrum[:kept]
    return np.fft.irfft(wide, length) * (length / len(pcm))


def compress(pcm: Sound) -> Sound:
    """Even out loud and soft words as a desk would (2:1 over 60 ms), then bring to one loudness."""
    window = int(RATE_HZ * 0.06)
    power = np.convolve(pcm**2, np.ones(window) / window, mode="same")
    level = np.sqrt(power + 1e-7)
    shaped = pcm * (level / SPEECH_RMS) ** -0.35
    voiced = np.abs(shaped) > 0.01
    shaped *= SPEECH_RMS / np.sqrt(np.mean(shaped[voiced] ** 2))
    return np.tanh(shaped / PEAK) * PEAK


def room_tone(samples: int) -> Sound:
    """A quiet room: noise that falls 6 dB an octave above 200 Hz and joins on to itself at the loop's ends."""
    noise = np.random.default_rng(7).standard_normal(samples)
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    tone = np.fft.irfft(spectrum / (1 + hertz / 200) * (hertz > 40), samples)
    return tone * (ROOM_TONE_RMS / np.sqrt(np.mean(tone**2)))


def lay_out(script: dict, voice: Path) -> tuple[Sound, list[dict]]:
    """The whole loop and its lines with times."""
    pieces: list[tuple[int, Sound]] = []
    lines = []
    at = RATE_HZ * script["lead_in_ms"] // 1000
    for line in script["line"]:
        sentences = []
        for path in sorted(voice.glob(f"{line['id']}.*.wav"), key=lambda p: int(p.suffixes[0][1:])):
            pcm = compress(read_voice(path))
            pieces.append((at, pcm))
            sentences.append({"start_ms": ms(at), "end_ms": ms(at + len(pcm))})
            at += len(pcm) + RATE_HZ * SENTENCE_REST_MS // 1000
        at += RATE_HZ * (line.get("rest_ms", LINE_REST_MS) - SENTENCE_REST_MS) // 1000
        entry = {key: line[key] for key in ("id", "kind", "rule", "phrase", "claim", "cue", "text") if key in line}
        entry |= {"start_ms": sentences[0]["start_ms"], "end_ms": sentences[-1]["end_ms"], "sentences": sentences}
        if "cue" in line:
            entry["cue_ms"] = max(0, entry["start_ms"] - script["cue_lead_ms"])
        lines.append(entry)
    total = -(-at // GRAIN_SAMPLES) * GRAIN_SAMPLES
    mix = room_tone(total)
    for start, pcm in pieces:
        mix[start : start + len(pcm)] += pcm
    return mix, lines


def ms(samples: int) -> int:
    return round(samples * 1000 / RATE_HZ)


def main() -> None:
    voice, target = Path(sys.argv[1]), Path(sys.argv[2])
    script = tomllib.loads((ASSETS / "script.toml").read_text())
    mix, lines = lay_out(script, voice)
    pcm = (np.clip(mix, -1, 1) * 32767).astype("<i2")
    with wave.open(str(target), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.repeat(pcm, 2).tobytes())
    timeline = {
        "samples": len(pcm),
        "sample_rate": RATE_HZ,
        "frames": len(pcm) * 30 // RATE_HZ,
        "frame_rate": 30,
        "deal_seconds": script["deal_seconds"],
        "lines": lines,
    }
    (ASSETS / "timeline.json").write_text(json.dumps(timeline, indent=1) + "\n")
    print(f"{len(pcm) / RATE_HZ:.2f} s, {timeline['frames']} frames, {len(lines)} lines")
    for line in lines:
        print(f"{line['start_ms'] / 1000:7.2f} {line['end_ms'] / 1000:7.2f} {line['kind']:10} {line['id']}")


if __name__ == "__main__":
    main()
