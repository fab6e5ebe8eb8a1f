"""Draws the slate's two cards (src/tallylight/media/assets/slate-*.png) with Chromium.

Usage: python tools/draw_slate_cards.py path/to/archivo-latin-standard-normal.woff2
The cards are shipped as pictures, so that a running server needs neither a browser nor a font.
"""

import base64
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ASSETS = Path(__file__).parent.parent / "src/tallylight/media/assets"
SIZES = {"landscape": (1920, 1080), "portrait": (1080, 1920)}

CARD = """<!doctype html><meta charset="utf-8"><style>
@font-face {{ font-family: Archivo; src: url(data:font/woff2;base64,{font});
  font-weight: 100 900; font-stretch: 62% 125% }}
* {{ margin: 0; box-sizing: border-box }}
html {{ background: #0d0f13 }}
body {{ width: {width}px; height: {height}px; background: #0d0f13; color: #eceef2; font-family: Archivo;
  display: grid; place-items: center; text-align: center; overflow: hidden }}
body::before {{ content: ""; position: absolute; inset: 0;
  background: radial-gradient(closest-side, #1c212b 0%, #12151b 55%, #0d0f13 92%) }}
main {{ position: relative; display: grid; justify-items: center; gap: 44px; padding: 0 90px }}
.lamp {{ width: 30px; height: 30px; border-radius: 50%; background: #f2a50c;
  box-shadow: 0 0 0 14px #f2a50c1f, 0 0 90px 26px #f2a50c38; margin-bottom: 18px }}
h1 {{ font-size: {size}px; font-weight: 640; font-stretch: 108%; letter-spacing: -0.015em; line-height: 1.12 }}
p {{ font-size: {small}px; font-weight: 430; color: #9aa2b1; line-height: 1.4 }}
</style><main><div class="lamp"></div><h1>One moment</h1><p>We’ll be right back.</p></main>"""


def main(font: Path) -> None:
    encoded = base64.b64encode(font.read_bytes()).decode()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for name, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_content(CARD.format(font=encoded, width=width, height=height, size=124, small=52))
            page.evaluate("document.fonts.ready")
            page.screenshot(path=ASSETS / f"slate-{name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
