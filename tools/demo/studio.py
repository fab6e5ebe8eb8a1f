"""The moving picture of the show: the host's clay puppet on its set, acting to the voice.

Everything that moves is a function of the frame's number and of the sound, so that the film is the same each time
it is made and the last picture leads into the first.
"""

import math
from pathlib import Path

import numpy as np
import skia

LAYERS, CUTOUTS, FONTS = "layers", "cutouts", "fonts"
WIDTH, HEIGHT, FRAME_RATE = 720, 1280, 30
UNIT_PIXELS, FAR, ELEVATION = 96, 34.0, math.radians(8.0)
MIDDLE_Y = (800 - HEIGHT / 2) / UNIT_PIXELS
HEAD_AT, BODY_X = (-0.75, 4.55, -0.2), -0.75
ARM_LENGTH, FOREARM_LENGTH = 1.65, 1.45
LOOSE_ORIGIN = (520 / 2 - 1.4 * UNIT_PIXELS, 520 / 2)
RISER = (1.6, 0.24, 1.2)

# the cut-outs: cue -> (picture, units across and height of the picture's middle, as in goods.GOODS, size on the riser)
SHOWN = {
    "pin-serum": ("rainfall-serum", 4.9, 1.65, 0.76),
    "pin-cream": ("slow-morning-face-cream", 4.2, 0.95, 0.72),
    "pin-candle": ("cedar-fig-candle", 4.4, 1.15, 0.74),
    "pin-mug": ("everyday-mug", 4.3, 1.1, 0.64),
    "pin-tea": ("evening-tea", 5.0, 1.6, 0.74),
}
GROUP = (("evening-tea", -0.62, -0.25, 0.56), ("rainfall-serum", 0.5, -0.2, 0.56), ("everyday-mug", -0.12, 0.42, 0.5))

# arm poses of the screen-right arm: (upper arm, forearm) in degrees counter-clockwise from the right
REST, PRESENT, OPEN, CHEST, RAISED = (-68, 188), (-104, 42), (-90, 74), (-66, 150), (-74, 92)

INK, SKIN_DARK, LIP, TONGUE, TEETH = 0xFF2A1C17, 0xFF7D4A34, 0xFF8C4A3C, 0xFFC0625A, 0xFFFBF6EE
HAIR, BLUSH = 0xFF33221B, 0xFFD0604A


def project(x: float, y: float, z: float) -> tuple[float, float]:
    """Where the set's camera sees a place, in pixels; the same camera as set.py."""
    rise = y - MIDDLE_Y
    up = rise * math.cos(ELEVATION) - z * math.sin(ELEVATION)
    depth = FAR - (rise * math.sin(ELEVATION) + z * math.cos(ELEVATION))
    scale = UNIT_PIXELS * FAR / depth
    return WIDTH / 2 + x * scale, HEIGHT / 2 - up * scale


def load(path: Path) -> skia.Image:
    image = skia.Image.open(str(path))
    if image is None:
        raise SystemExit(f"{path} is missing; see tools/demo/README.md")
    return image.convert(alphaType=skia.kPremul_AlphaType, colorType=skia.kRGBA_8888_ColorType)


def trimmed(image: skia.Image) -> tuple[skia.Image, int, int]:
    """``image`` cut to what is not empty, and where that lies in it: large empty layers cost time to turn."""
    filled = np.argwhere(image.toarray()[..., 3] > 0)
    (top, left), (bottom, right) = filled.min(0), filled.max(0) + 1
    cut = image.makeSubset(skia.IRect.MakeLTRB(int(left), int(top), int(right), int(bottom)))
    return cut, int(left), int(top)


def ease(t: float) -> float:
    """From 0 to 1, slow at both ends."""
    t = min(1.0, max(0.0, t))
    return t * t * (3 - 2 * t)


def smooth(values: np.ndarray, attack: float, release: float) -> np.ndarray:
    """Follow ``values`` quickly upward and slowly downward."""
    out = np.zeros_like(values)
    level = 0.0
    for at, value in enumerate(values):
        level += (value - level) * (attack if value > level else release)
        out[at] = level
    return out


class Studio:
    """Draws any picture of the show. ``pcm`` is one channel at 48 kHz; ``build`` holds the rendered layers."""

    def __init__(self, timeline: dict, pcm: np.ndarray, build: Path) -> None:
        self.frames = timeline["frames"]
        self.lines = timeline["lines"]
        layers = {
            name: trimmed(load(build / LAYERS / f"{name}.png"))
            for name in ("head", "body", "table", "upper_arm", "forearm")
        }
        self.head, self.body, self.table = layers["head"], layers["body"], layers["table"]
        self.arms = [layers["upper_arm"], layers["forearm"]]
        self.room = self._soften(load(build / LAYERS / "room.png"))
        names = {name for name, *_ in SHOWN.values()}
        self.goods = {name: load(build / CUTOUTS / f"{name}.png") for name in names}
        self.light = self._window_light()
        self.font = skia.Font(skia.Typeface.MakeFromFile(str(build / FONTS / "jost-500-normal.ttf")), 21)
        self.small = skia.Font(skia.Typeface.MakeFromFile(str(build / FONTS / "jost-600-normal.ttf")), 12)
        self._listen(pcm)
        self._plan()
        self.sampling = skia.SamplingOptions(skia.FilterMode.kLinear)

    @staticmethod
    def _soften(image: skia.Image) -> skia.Image:
        """The room a little out of focus."""
        surface = skia.Surface(WIDTH, HEIGHT)
        paint = skia.Paint(ImageFilter=skia.ImageFilters.Blur(2.0, 2.0, skia.TileMode.kClamp))
        surface.getCanvas().drawImage(image, 0, 0, skia.SamplingOptions(), paint)
        return surface.makeImageSnapshot()

    @staticmethod
    def _window_light() -> skia.Image:
        """Morning light through a window of six panes, as it falls on the wall."""
        surface = skia.Surface(760, 900)
        canvas = surface.getCanvas()
        canvas.skew(-0.28, 0.1)
        paint = skia.Paint(AntiAlias=True, Color=skia.Color(255, 232, 196, 30))
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 13))
        for row in range(3):
            for column in range(2):
                canvas.drawRect(skia.Rect.MakeXYWH(280 + column * 175, 40 + row * 205, 158, 188), paint)
        return surface.makeImageSnapshot()

    def _listen(self, pcm: np.ndarray) -> None:
        """How loud and how bright the voice is at each picture."""
        sound = pcm.astype(np.float64) / 32768
        step = 48_000 // FRAME_RATE
        loud, wide = np.zeros(self.frames), np.zeros(self.frames)
        window = np.hanning(2048)
        for number in range(self.frames):
            middle = number * step + step // 2
            piece = sound[max(0, middle - 1024) : middle + 1024]
            if len(piece) < 2048:
                continue
            loud[number] = np.sqrt(np.mean(piece**2))
            spectrum = np.abs(np.fft.rfft(piece * window)) ** 2
            low, high = spectrum[4:43].sum(), spectrum[64:300].sum()
            wide[number] = high / (low + high + 1e-9)
        loud = np.clip((loud - 0.012) / (np.percentile(loud[loud > 0.02], 92) - 0.012), 0, 1.15)
        self.mouth = smooth(loud**0.8, 0.75, 0.5)
        self.energy = smooth(loud, 0.25, 0.06)
        self.wide = smooth(np.clip(wide * 3.2, 0, 1), 0.5, 0.4)

    def _plan(self) -> None:
        """Who is on the riser, where the arms go and how the brows stand, for every picture."""
        right, left = np.tile(np.array(REST, float), (self.frames, 1)), np.tile(np.array(REST, float), (self.frames, 1))
        self.brows = np.zeros(self.frames)
        self.gaze = np.zeros(self.frames)
        cycle = [(OPEN, REST), (REST, OPEN), (OPEN, OPEN), (REST, CHEST), (CHEST, REST), (RAISED, REST), (OPEN, CHEST)]
        beat = 0
        for line in self.lines:
            for order, sentence in enumerate(line["sentences"]):
                start, end = (round(sentence[key] * FRAME_RATE / 1000) for key in ("start_ms", "end_ms"))
                pose_right, pose_left = cycle[beat % len(cycle)]
                beat += 1
                if line.get("cue", "").startswith(("pin", "deal")) and order == 0:
                    pose_right, pose_left = PRESENT, REST
                    self.gaze[start + 6 : start + 40] = 1
                if line["kind"] == "violation":
                    pose_right, pose_left = OPEN, OPEN
                    self.brows[start:end] = 1
                elif "?" in line["text"] or "!" in line["text"]:
                    self.brows[start:end] = 0.6
                right[start - 6 : end - 4], left[start - 6 : end - 4] = pose_right, pose_left
        glide = [self._glide(series[:, joint], 0.16) for series in (right, left) for joint in (0, 1)]
        self.right, self.left = np.stack(glide[:2], 1), np.stack(glide[2:], 1)
        self.brows, self.gaze = self._glide(self.brows, 0.22), self._glide(self.gaze, 0.3)
        self.shown: list[tuple[int, str | None]] = [(-10_000, "pin-tea")]
        for line in self.lines:
            cue = line.get("cue")
            if cue in SHOWN:
                self.shown.append((round(line["cue_ms"] * FRAME_RATE / 1000), cue))
            elif cue == "open":
                self.shown.append((round(line["cue_ms"] * FRAME_RATE / 1000), None))
        random = np.random.default_rng(4)
        self.blinks = np.cumsum(random.integers(70, 150, 200))
        self.phases = random.uniform(0, 2 * math.pi, 12)

    @staticmethod
    def _glide(series: np.ndarray, rate: float) -> np.ndarray:
        """A second-order follower: starts and ends each movement softly."""
        out = np.zeros_like(series)
        place, speed = series[0], 0.0
        for at, goal in enumerate(series):
            speed += ((goal - place) * rate - speed) * 0.42
            place += speed
            out[at] = place
        return out

    def _sway(self, number: int, turns: int, which: int) -> float:
        """A slow wave that closes at the end of the loop."""
        return math.sin(2 * math.pi * turns * number / self.frames + self.phases[which])

    def draw(self, canvas: skia.Canvas, number: int) -> None:
        """Picture ``number`` of the loop."""
        canvas.drawImage(self.room, 0, 0)
        canvas.drawImage(self.light, -150, 70)
        self._draw_clock(canvas, number)
        self._draw_host(canvas, number)
        canvas.drawImage(*self.table)
        self._draw_arms(canvas, number)
        self._draw_goods(canvas, number)

    def _draw_clock(self, canvas: skia.Canvas, number: int) -> None:
        """A tally lamp and a running clock on the wall."""
        left, top = 546.0, 112.0
        case = skia.Paint(AntiAlias=True, Color=0xFF3A302A)
        canvas.drawRoundRect(skia.Rect.MakeXYWH(left, top, 106, 40), 9, 9, case)
        face = skia.Paint(AntiAlias=True, Color=0xFF231C18)
        canvas.drawRoundRect(skia.Rect.MakeXYWH(left + 4, top + 4, 98, 32), 6, 6, face)
        halo = skia.Paint(AntiAlias=True, Color=0x66FF4A3A)
        halo.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 5))
        canvas.drawCircle(left + 20, top + 20, 9, halo)
        canvas.drawCircle(left + 20, top + 20, 6.5, skia.Paint(AntiAlias=True, Color=0xFFFF4838))
        canvas.drawCircle(left + 18, top + 18, 2, skia.Paint(AntiAlias=True, Color=0xAAFFFFFF))
        digits = skia.Paint(AntiAlias=True, Color=0xFFF3E4CF)
        seconds = number // FRAME_RATE
        at = left + 36
        for sign in f"{seconds // 60}:{seconds % 60:02d}.{number % FRAME_RATE // 3}":
            wide = 6.5 if sign in ":." else 12.5
            canvas.drawString(sign, at + (wide - self.font.measureText(sign)) / 2, top + 27.5, self.font, digits)
            at += wide

    def _draw_host(self, canvas: skia.Canvas, number: int) -> None:
        breath = self._sway(number, 38, 2)
        talk = self.energy[number]
        foot_x, foot_y = project(BODY_X, -1.0, -0.6)
        lean = 0.4 * self._sway(number, 7, 3) + 0.3 * self._sway(number, 23, 4) * talk
        canvas.save()
        canvas.translate(foot_x, foot_y)
        canvas.rotate(lean)
        canvas.scale(1.0, 1.0 + 0.0035 * breath)
        canvas.translate(-foot_x, -foot_y)
        canvas.drawImage(*self.body, self.sampling)
        chin_x, chin_y = project(BODY_X, 3.05, 0.2)
        shade = skia.Paint(AntiAlias=True, Color=0x552B1710, BlendMode=skia.BlendMode.kSrcOver)
        shade.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 9))
        canvas.save()
        neck = skia.Path()
        neck.addRect(skia.Rect.MakeLTRB(chin_x - 54, chin_y - 60, chin_x + 54, chin_y + 10))
        canvas.clipPath(neck, True)
        canvas.drawOval(skia.Rect.MakeXYWH(chin_x - 62, chin_y - 62, 124, 70), shade)
        canvas.restore()
        self._draw_head(canvas, number, talk)
        canvas.restore()

    def _draw_head(self, canvas: skia.Canvas, number: int, talk: float) -> None:
        pivot_x, pivot_y = project(HEAD_AT[0], 3.3, -0.2)
        nod = 3.4 * self._sway(number, 71, 5) * talk + 1.8 * self._sway(number, 13, 6)
        tilt = 2.6 * self._sway(number, 17, 7) + 2.2 * self._sway(number, 53, 8) * talk + 2.4 * self.gaze[number]
        canvas.save()
        canvas.translate(pivot_x, pivot_y + nod - 2.5 * self.mouth[number])
        canvas.rotate(tilt)
        canvas.translate(-pivot_x, -pivot_y)
        canvas.drawImage(*self.head, self.sampling)
        turn = 3.0 * self._sway(number, 11, 9)
        self._draw_face(canvas, number, turn, nod)
        canvas.restore()

    def _on_face(self, x: float, y: float, z: float) -> tuple[float, float]:
        return project(HEAD_AT[0] + x, HEAD_AT[1] + y, HEAD_AT[2] + z)

    def _draw_face(self, canvas: skia.Canvas, number: int, turn: float, nod: float) -> None:
        blush = skia.Paint(AntiAlias=True, Color=(BLUSH & 0xFFFFFF) | 0x48000000)
        blush.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 11))
        for side in (-1, 1):
            x, y = self._on_face(0.70 * side, -0.46, 0.85)
            canvas.drawOval(skia.Rect.MakeXYWH(x - 21, y - 13, 42, 26), blush)
        self._draw_eyes(canvas, number, turn)
        raised = self.brows[number] * 8 + self.energy[number] * 3
        brow = skia.Paint(AntiAlias=True, Color=HAIR, Style=skia.Paint.kStroke_Style, StrokeWidth=10)
        brow.setStrokeCap(skia.Paint.kRound_Cap)
        for side in (-1, 1):
            x, y = self._on_face(0.48 * side, 0.62, 1.0)
            x, y = x + turn * 0.6, y - raised
            path = skia.Path()
            path.moveTo(x - 23 * side, y + 3)
            path.quadTo(x - 2 * side, y - 10 - raised * 0.3, x + 25 * side, y + 5)
            canvas.drawPath(path, brow)
        self._draw_mouth(canvas, number, turn)

    def _draw_eyes(self, canvas: skia.Canvas, number: int, turn: float) -> None:
        since = (
            number - self.blinks[np.searchsorted(self.blinks, number, "right") - 1] if number >= self.blinks[0] else 99
        )
        shut = (0.35, 0.85, 1.0, 0.8, 0.35)[since] if since < 5 else 0.0
        look_x, look_y = turn * 0.8 + 6.5 * self.gaze[number], 3.0 * self.gaze[number]
        eye = skia.Paint(AntiAlias=True, Color=INK)
        spark = skia.Paint(AntiAlias=True, Color=0xF2FFFFFF)
        lash = skia.Paint(AntiAlias=True, Color=INK, Style=skia.Paint.kStroke_Style, StrokeWidth=4.5)
        lash.setStrokeCap(skia.Paint.kRound_Cap)
        for side in (-1, 1):
            x, y = self._on_face(0.475 * side, 0.08, 1.1)
            x, y = x + look_x, y + look_y
            if shut > 0.7:
                path = skia.Path()
                path.moveTo(x - 12, y + 1)
                path.quadTo(x, y + 8, x + 12, y + 1)
                canvas.drawPath(path, lash)
                continue
            high = 14.5 * (1 - shut)
            canvas.drawOval(skia.Rect.MakeXYWH(x - 10.5, y - high, 21, 2 * high), eye)
            canvas.drawCircle(x - 3.5, y - high * 0.42, 3.9, spark)
            canvas.drawCircle(x + 3.8, y + high * 0.4, 1.7, spark)

    def _draw_mouth(self, canvas: skia.Canvas, number: int, turn: float) -> None:
        """A smile at rest; open by loudness, wide for bright sounds and round for dark ones."""
        x, y = self._on_face(0.0, -0.74, 0.98)
        x += turn * 0.9
        gape, bright = self.mouth[number], self.wide[number]
        half = 27 + 7 * bright - 9 * gape * (1 - bright)
        if gape < 0.10:
            smile = skia.Paint(AntiAlias=True, Color=SKIN_DARK, Style=skia.Paint.kStroke_Style, StrokeWidth=5.5)
            smile.setStrokeCap(skia.Paint.kRound_Cap)
            path = skia.Path()
            path.moveTo(x - half, y - 5)
            path.quadTo(x, y + 15, x + half, y - 5)
            canvas.drawPath(path, smile)
            return
        drop = 7 + 33 * min(1.0, gape)
        corner = y - 4 + 3 * gape
        outline = skia.Path()
        outline.moveTo(x - half, corner)
        outline.cubicTo(
            x - half * 0.55, corner - 3 - 4 * gape, x + half * 0.55, corner - 3 - 4 * gape, x + half, corner
        )
        outline.cubicTo(x + half * 0.98, corner + drop * 0.75, x + half * 0.5, corner + drop, x, corner + drop)
        outline.cubicTo(x - half * 0.5, corner + drop, x - half * 0.98, corner + drop * 0.75, x - half, corner)
        outline.close()
        canvas.drawPath(outline, skia.Paint(AntiAlias=True, Color=0xFF4A1F1B))
        canvas.save()
        canvas.clipPath(outline, True)
        tongue = skia.Paint(AntiAlias=True, Color=TONGUE)
        canvas.drawOval(skia.Rect.MakeXYWH(x - half * 0.62, corner + drop * 0.58, half * 1.24, drop * 0.8), tongue)
        teeth = skia.Paint(AntiAlias=True, Color=TEETH)
        show = 5 + 3.5 * bright
        canvas.drawRoundRect(skia.Rect.MakeXYWH(x - half * 0.78, corner - 8, half * 1.56, show + 4), 4, 4, teeth)
        canvas.restore()
        lip = skia.Paint(AntiAlias=True, Color=LIP, Style=skia.Paint.kStroke_Style, StrokeWidth=3.6)
        canvas.drawPath(outline, lip)

    def _draw_arms(self, canvas: skia.Canvas, number: int) -> None:
        talk = self.energy[number]
        for side, angles, turns in ((-1, self.left[number], 61), (1, self.right[number], 67)):
            lift = (angles[1] < 160) * 1.0
            wave = self._sway(number, turns, 10) * talk * (2.0 + 5.0 * lift)
            upper, fore = angles[0] + 1.2 * self._sway(number, 19, 11), angles[1] + wave
            shoulder = project(BODY_X + 1.52 * side, 1.92, -0.1)
            reach = ARM_LENGTH * UNIT_PIXELS
            if side < 0:
                upper, fore = 180 - upper, 180 - fore
            elbow = (
                shoulder[0] + reach * math.cos(math.radians(upper)),
                shoulder[1] - reach * math.sin(math.radians(upper)),
            )
            self._draw_arm_shadow(canvas, shoulder, elbow, fore)
            self._draw_limb(canvas, self.arms[0], shoulder, upper, 1 if side < 0 else -1)
            self._draw_limb(canvas, self.arms[1], elbow, fore, 1 if side < 0 else -1)

    def _draw_arm_shadow(
        self, canvas: skia.Canvas, shoulder: tuple[float, float], elbow: tuple[float, float], fore: float
    ) -> None:
        """What an arm takes from the light on the jumper and apron behind it."""
        reach = FOREARM_LENGTH * UNIT_PIXELS
        wrist = (elbow[0] + reach * math.cos(math.radians(fore)), elbow[1] - reach * math.sin(math.radians(fore)))
        shade = skia.Paint(AntiAlias=True, Color=0x4A2B1A10, Style=skia.Paint.kStroke_Style, StrokeWidth=88)
        shade.setStrokeCap(skia.Paint.kRound_Cap)
        shade.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 10))
        path = skia.Path()
        path.moveTo(shoulder[0] + 6, shoulder[1] + 16)
        path.lineTo(elbow[0] + 6, elbow[1] + 9)
        path.lineTo(wrist[0] + 6, wrist[1] + 9)
        canvas.save()
        left, right = project(BODY_X - 1.66, 0, -0.6)[0], project(BODY_X + 1.66, 0, -0.6)[0]
        canvas.clipRect(skia.Rect.MakeLTRB(left, shoulder[1] + 10, right, project(0, 0, -1.3)[1]), True)
        canvas.drawPath(path, shade)
        canvas.restore()

    def _draw_limb(
        self,
        canvas: skia.Canvas,
        image: tuple[skia.Image, int, int],
        at: tuple[float, float],
        degrees: float,
        flip: int,
    ) -> None:
        canvas.save()
        canvas.translate(*at)
        canvas.rotate(-degrees)
        canvas.scale(1, flip)
        canvas.translate(-LOOSE_ORIGIN[0], -LOOSE_ORIGIN[1])
        canvas.drawImage(*image, self.sampling)
        canvas.restore()

    def _draw_goods(self, canvas: skia.Canvas, number: int) -> None:
        """What stands on the riser; it changes with the pinned product, the new one gliding in from the right."""
        current = max(at for at, _ in self.shown if at <= number)
        index = [at for at, _ in self.shown].index(current)
        age = number - current
        if age < 16 and index:
            self._draw_stand(canvas, number, self.shown[index - 1][1], -ease(age / 12) * 60, 1 - ease(age / 9))
        self._draw_stand(canvas, number, self.shown[index][1], (1 - ease((age - 4) / 14)) * 90, ease((age - 4) / 9))

    def _draw_stand(self, canvas: skia.Canvas, number: int, cue: str | None, slide: float, alpha: float) -> None:
        if alpha <= 0:
            return
        if cue is None:
            for name, x, z, scale in GROUP:
                _, view, middle, _ = next(entry for entry in SHOWN.values() if entry[0] == name)
                self._draw_product(
                    canvas, name, view, middle, (RISER[0] + x, RISER[1], RISER[2] + z), scale, slide, alpha
                )
            return
        name, view, middle, scale = SHOWN[cue]
        self._draw_product(canvas, name, view, middle, RISER, scale, slide, alpha)
        if name == "cedar-fig-candle":
            self._draw_flame(canvas, number, slide, alpha)

    def _draw_product(
        self, canvas: skia.Canvas, name: str, view: float, middle: float, place: tuple[float, float, float],
        scale: float, slide: float, alpha: float,
    ) -> None:  # fmt: skip
        image = self.goods[name]
        size = UNIT_PIXELS * scale * view * 1.03
        x, y = project(*place)
        x += slide
        foot = size / 2 + middle * math.cos(math.radians(9)) * size / view
        shadow = skia.Paint(AntiAlias=True, Color=int(95 * alpha) << 24 | 0x3A2416)
        shadow.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 7))
        half = UNIT_PIXELS * scale * 1.08
        canvas.drawOval(skia.Rect.MakeXYWH(x - half * 0.85, y - 11, half * 2.05, 25), shadow)
        paint = skia.Paint(Alphaf=alpha)
        canvas.drawImageRect(
            image,
            skia.Rect.MakeXYWH(x - size / 2, y - foot, size, size),
            skia.SamplingOptions(skia.CubicResampler.Mitchell()),
            paint,
        )

    def _draw_flame(self, canvas: skia.Canvas, number: int, slide: float, alpha: float) -> None:
        x, y = project(RISER[0], RISER[1] + 2.36 * SHOWN["pin-candle"][3], RISER[2])
        x += slide
        flicker = 1 + 0.06 * math.sin(number * 0.9) + 0.04 * math.sin(number * 0.37 + 1)
        glow = skia.Paint(
            AntiAlias=True, Color=int(70 * alpha * flicker) << 24 | 0xFFC46A, BlendMode=skia.BlendMode.kPlus
        )
        glow.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 20))
        canvas.drawCircle(x, y - 16, 26, glow)
        for wide, high, colour in ((8.5, 40, 0xFFFFB347), (5.2, 28, 0xFFFFF0C4)):
            path = skia.Path()
            tip = 2.5 * math.sin(number * 0.5)
            path.moveTo(x, y)
            path.cubicTo(x - wide * 1.5, y - high * 0.3, x - wide * 0.3, y - high * 0.65, x + tip, y - high * flicker)
            path.cubicTo(x + wide * 0.3, y - high * 0.65, x + wide * 1.5, y - high * 0.3, x, y)
            paint = skia.Paint(AntiAlias=True, Color=int(255 * alpha) << 24 | (colour & 0xFFFFFF))
            canvas.drawPath(path, paint)
