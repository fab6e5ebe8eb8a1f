"""How far behind the camera speech is known and judged, and what it costs. ``uv run python -m bench.speech_lag``

The recorded sentences of tests/speech/sounds are streamed in virtual real time: each pass takes the time that it
really takes on this machine (its CPU time, so that neighbours do not count). The peer, in the same run: the library as
it comes (30 s windows) on the same sentences, one call a sentence.
"""

import json
import time

import numpy as np
from tests.support.speech_sounds import joined, said, sound

from tallylight.compliance.judge_speech import SpeechJudge
from tallylight.compliance.pack import load_pack
from tallylight.compliance.types import Circumstances
from tallylight.foundation.clock import MICROSECONDS
from tallylight.speech.faster_whisper_engine import FasterWhisperEngine
from tallylight.speech.recogniser import SAMPLE_RATE_HZ, Heard, Hints
from tallylight.speech.run_pass import run_pass
from tallylight.speech.sliding_window import SlidingWindow
from tallylight.speech.voice_activity import SileroVoiceActivity, Sound

_CHUNK = SAMPLE_RATE_HZ // 10
_LOOPS = 3
_HINTS = Hints(("Harlow Brook", "eczema", "arthritis"))


class _Run:
    def __init__(self) -> None:
        self.word_lags: list[float] = []
        self.judged_lags: list[float] = []
        self.judge = SpeechJudge(load_pack("us-en"))
        self.passes = 0

    def take(self, heard: Heard, now: int) -> None:
        now_us = now * MICROSECONDS // SAMPLE_RATE_HZ
        self.word_lags += [(now_us - word.end_us) / MICROSECONDS for word in heard.words]
        self.judge.hear(heard)
        portion = self.judge.take()
        if portion is not None:
            self.judge.judge(portion, Circumstances())


def stream(samples: Sound, engine: FasterWhisperEngine) -> _Run:
    """Push ``samples`` as they would arrive; a pass delays the next by the CPU time that it took."""
    window = SlidingWindow(SileroVoiceActivity())
    window.anchor(0)
    run = _Run()
    arrived = busy = 0
    while True:
        now = max(arrived, busy)
        while arrived < len(samples) and arrived <= now:
            window.push(samples[arrived : arrived + _CHUNK])
            arrived += _CHUNK
        over = arrived >= len(samples)
        if over:
            window.flush()
        due = window.due()
        if due is None:
            heard = window.watermark()
            if heard is not None:
                run.take(heard, now)
            if not over:
                run.judged_lags.append(now / SAMPLE_RATE_HZ - run.judge.judged_us / MICROSECONDS)
                continue
            return run
        before = time.process_time()
        words = run_pass(window, due, engine, _HINTS)
        busy = now + int((time.process_time() - before) * SAMPLE_RATE_HZ)
        run.passes += 1
        heard = window.accept(due, words)
        if heard is not None:
            run.take(heard, busy)


def whole_windows(engine: FasterWhisperEngine, names: list[str]) -> float:
    """CPU seconds of the library's own transcription of each sentence."""
    before = time.process_time()
    for name in names:
        segments, _ = engine.library.transcribe(sound(name), language="en", beam_size=1, word_timestamps=True)
        list(segments)
    return time.process_time() - before


def main() -> None:
    engine = FasterWhisperEngine(threads=1)
    names = list(said()) * _LOOPS
    samples, _ = joined(names, 0.35)
    seconds = len(samples) / SAMPLE_RATE_HZ
    before = time.process_time()
    run = stream(samples, engine)
    cpu = time.process_time() - before
    peer = whole_windows(engine, names)
    figures = {
        "lag_p50_s": round(float(np.percentile(run.word_lags, 50)), 2),
        "lag_p95_s": round(float(np.percentile(run.word_lags, 95)), 2),
        "judged_lag_p50_s": round(float(np.percentile(run.judged_lags, 50)), 2),
        "judged_lag_p95_s": round(float(np.percentile(run.judged_lags, 95)), 2),
        "judged_lag_max_s": round(max(run.judged_lags), 2),
        "speech_cores": round(cpu / seconds, 3),
        "passes_per_minute": round(run.passes * 60 / seconds, 1),
        "sound_s": round(seconds, 1),
    }
    ratios = {"cpu_vs_whole_windows": round(cpu / peer, 2)}
    print(json.dumps({"bench": "speech_lag", "figures": figures, "ratios": ratios}))


if __name__ == "__main__":
    main()
