"""Label artwork of the demo's products, drawn with Skia as textures for the renderer and the film.

Typefaces: Fraunces and Jost (SIL Open Font License), fetched by ``fonts.sh`` into build/demo/fonts.
"""

from pathlib import Path

import skia

FONTS = Path("build/demo/fonts")


def typeface(name: str) -> skia.Typeface:
    face = skia.Typeface.MakeFromFile(str(FONTS / f"{name}.ttf"))
    if face is None:
        raise SystemExit(f"{FONTS / name}.ttf is missing: run tools/demo/fonts.sh")
    return face


SERIF, ITALIC, SANS = "fraunces-400-normal", "fraunces-400-italic", "jost-400-normal"


def colour(text: str, alpha: int = 255) -> int:
    """``#rrggbb`` as Skia's number."""
    red, green, blue = (int(text[i : i + 2], 16) for i in (1, 3, 5))
    return skia.Color(red, green, blue, alpha)


def spaced(
    canvas: skia.Canvas, text: str, x: float, y: float, size: float, face: str, ink: int, gap: float = 0
) -> None:
    """Text centred on ``x`` with letter spacing ``gap``, its baseline at ``y``."""
    font = skia.Font(typeface(face), size)
    font.setSubpixel(True)
    widths = [font.measureText(letter) + gap for letter in text]
    left = x - (sum(widths) - gap) / 2
    paint = skia.Paint(AntiAlias=True, Color=ink)
    for letter, width in zip(text, widths, strict=True):
        canvas.drawString(letter, left, y, font, paint)
        left += width


def sprig(canvas: skia.Canvas, x: float, y: float, size: float, ink: int) -> None:
    """The shop's mark: a stem with five leaves."""
    paint = skia.Paint(AntiAlias=True, Color=ink, Style=skia.Paint.kStroke_Style, StrokeWidth=size * 0.035)
    fill = skia.Paint(AntiAlias=True, Color=ink)
    canvas.drawLine(x, y + size * 0.5, x, y - size * 0.2, paint)
    for lift, reach, turn in ((-0.2, 0.3, 0), (-0.02, 0.28, 48), (-0.02, 0.28, -48), (0.2, 0.26, 58), (0.2, 0.26, -58)):
        canvas.save()
        canvas.translate(x, y + lift * size)
        canvas.rotate(turn)
        leaf = skia.Path()
        leaf.moveTo(0, 0)
        leaf.quadTo(size * 0.13, -size * reach * 0.6, 0, -size * reach)
        leaf.quadTo(-size * 0.13, -size * reach * 0.6, 0, 0)
        canvas.drawPath(leaf, fill)
        canvas.restore()


def wrap_label(
    path: Path, width: int, height: int, ground: str, ink: str, lines: list[tuple[str, float, float, str]],
    *, mark: tuple[float, float] | None = None, brand: float | None = None, card: tuple[float, ...] | None = None,
    card_ground: str = "#f6f0e4", span: float = 0.30,
) -> None:  # fmt: skip
    """A texture that wraps a turned shape. ``lines``: (text, height 0..1 from the top, size in shares of the label's
    visible width, typeface). ``span``: the share of the wrap that one sees. ``card``: a paper label (top, bottom)."""
    surface = skia.Surface(width, height)
    canvas = surface.getCanvas()
    canvas.clear(colour(ground))
    seen = width * span
    if card:
        top, bottom, share = card
        paint = skia.Paint(AntiAlias=True, Color=colour(card_ground))
        canvas.drawRect(
            skia.Rect.MakeLTRB(width / 2 - seen * share, top * height, width / 2 + seen * share, bottom * height), paint
        )
        rule = skia.Paint(
            AntiAlias=True, Color=colour(ink), Style=skia.Paint.kStroke_Style, StrokeWidth=max(1.5, seen * 0.006)
        )
        inset = seen * 0.03
        canvas.drawRect(
            skia.Rect.MakeLTRB(
                width / 2 - seen * share + inset,
                top * height + inset,
                width / 2 + seen * share - inset,
                bottom * height - inset,
            ),
            rule,
        )
    number = colour(ink)
    if mark:
        sprig(canvas, width / 2, mark[0] * height, mark[1] * seen, number)
    if brand is not None:
        spaced(canvas, "QUIET ACRE", width / 2, brand * height, seen * 0.072, SANS, number, seen * 0.02)
    for text, down, size, face in lines:
        gap = seen * 0.012 if face == SANS else 0
        spaced(canvas, text, width / 2, down * height, size * seen, face, number, gap)
    surface.makeImageSnapshot().save(str(path), skia.kPNG)
