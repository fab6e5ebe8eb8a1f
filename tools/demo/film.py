"""Draw the show picture by picture and encode it beside its sound, as OBS would for a low-latency push.

    uv run --no-project --python 3.11 --with skia-python --with 'av>=18.1,<19' --with 'numpy>=2' \
        python tools/demo/film.py build/demo/show.wav build/demo

H.264 High, 720 x 1280 at 30, no B-frames, a keyframe every 2 s; AAC-LC 48 kHz stereo 128 kbit/s; index in front.
Writes ``assets/show.mp4``. ``--still SECONDS FILE`` draws one picture instead, to look at.
"""

import argparse
import json
import sys
import time
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import skia

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "src"))

from studio import Studio

from tallylight.app.demo import frame_counter

ASSETS = Path(__file__).parents[2] / "src/tallylight/app/demo/assets"
WIDTH, HEIGHT, FRAME_RATE = frame_counter.WIDTH, frame_counter.HEIGHT, 30
KEYFRAME_FRAMES = 60
VIDEO_OPTIONS = {
    "preset": "slow",
    "profile": "high",
    "crf": "30",
    "maxrate": "1400k",
    "bufsize": "2800k",
    "x264-params": f"keyint={KEYFRAME_FRAMES}:min-keyint={KEYFRAME_FRAMES}:scenecut=0:bframes=0:rc-lookahead=30",
}
DARK, LIGHT = skia.Color(0x6E, 0x4A, 0x33), skia.Color(0x9C, 0x6F, 0x4B)


def burn_number(canvas: skia.Canvas, number: int) -> None:
    """Draw the counter's strip over the bottom edge."""
    top = HEIGHT - frame_counter.CELL_HEIGHT
    paint = skia.Paint(AntiAlias=False)
    for place, light in enumerate(frame_counter.cells_of(number)):
        paint.setColor(LIGHT if light else DARK)
        left = frame_counter.LEFT + place * frame_counter.CELL_WIDTH
        canvas.drawRect(skia.Rect.MakeXYWH(left, top, frame_counter.CELL_WIDTH, frame_counter.CELL_HEIGHT), paint)


def read_sound(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)


def encode(studio: Studio, pcm: np.ndarray, frames: int, target: Path) -> None:
    """Picture and sound into ``target``; sound is encoded first and interleaved by time."""
    with av.open(str(target), "w", options={"movflags": "+faststart"}) as box:
        video = box.add_stream("libx264", rate=FRAME_RATE, options=VIDEO_OPTIONS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.time_base = Fraction(1, FRAME_RATE)
        video.codec_context.color_range, video.codec_context.colorspace = 1, 1
        video.codec_context.color_primaries, video.codec_context.color_trc = 1, 1
        video.codec_context.thread_count = 1
        audio = box.add_stream("aac", rate=48_000, bit_rate=128_000, layout="stereo")
        surface = skia.Surface(WIDTH, HEIGHT)
        pixels = np.zeros((HEIGHT, WIDTH, 4), dtype=np.uint8)
        info = skia.ImageInfo.Make(WIDTH, HEIGHT, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
        heard, begun = 0, time.monotonic()
        for number in range(frames):
            canvas = surface.getCanvas()
            studio.draw(canvas, number)
            burn_number(canvas, number)
            surface.readPixels(info, pixels.data, WIDTH * 4, 0, 0)
            picture = av.VideoFrame.from_ndarray(pixels, format="rgba")
            picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            picture.pts, picture.time_base = number, Fraction(1, FRAME_RATE)
            box.mux(video.encode(picture))
            while heard * FRAME_RATE <= number * 48_000 and heard < len(pcm):
                sound = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(pcm[heard : heard + 1024].reshape(1, -1)), format="s16", layout="stereo"
                )
                sound.sample_rate, sound.pts, sound.time_base = 48_000, heard, Fraction(1, 48_000)
                box.mux(audio.encode(sound))
                heard += 1024
            if number % 300 == 299:
                each = (time.monotonic() - begun) / (number + 1)
                print(f"{number + 1}/{frames} {each * 1000:.1f} ms a picture", flush=True)
        while heard < len(pcm):
            sound = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(pcm[heard : heard + 1024].reshape(1, -1)), format="s16", layout="stereo"
            )
            sound.sample_rate, sound.pts, sound.time_base = 48_000, heard, Fraction(1, 48_000)
            box.mux(audio.encode(sound))
            heard += 1024
        box.mux(video.encode(None))
        box.mux(audio.encode(None))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sound", type=Path)
    parser.add_argument("build", type=Path)
    parser.add_argument("--try", dest="trial", nargs=2, metavar=("PICTURES", "FILE"), help="encode only the beginning")
    parser.add_argument("--still", nargs=2, action="append", metavar=("SECONDS", "FILE"))
    given = parser.parse_args()
    timeline = json.loads((ASSETS / "timeline.json").read_text())
    pcm = read_sound(given.sound)
    studio = Studio(timeline, pcm[:, 0], given.build)
    if given.still:
        for seconds, file in given.still:
            surface = skia.Surface(WIDTH, HEIGHT)
            number = int(float(seconds) * FRAME_RATE)
            studio.draw(surface.getCanvas(), number)
            burn_number(surface.getCanvas(), number)
            surface.makeImageSnapshot().save(file, skia.kPNG)
        return None
    if given.trial:
        frames = int(given.trial[0])
        return encode(studio, pcm[: frames * 48_000 // FRAME_RATE], frames, Path(given.trial[1]))
    made = given.build / "show.mp4"
    encode(studio, pcm, timeline["frames"], made)
    return made.replace(ASSETS / made.name)


if __name__ == "__main__":
    main()
