"""Watching the viewer page from inside: which source frame is on screen when something about the page changes."""

from typing import Any

from playwright.sync_api import Page

from tallylight.app.demo.frame_counter import SAMPLE_POINTS, number_of_lumas

# Runs in the page: at every painted video frame, notes what the page shows and the brightness of the counter's cells.
_WATCH = """
(points) => {
  const video = document.querySelector('[data-testid=video]');
  const canvas = document.createElement('canvas');
  const paper = canvas.getContext('2d', {willReadFrequently: true});
  const marks = (window.tallyMarks = []);
  let last = '';
  const cells = () => {
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    paper.drawImage(video, 0, 0);
    return points.map(([x, y]) => {
      const dot = paper.getImageData(Math.round(x * canvas.width), Math.round(y * canvas.height), 1, 1).data;
      return 0.299 * dot[0] + 0.587 * dot[1] + 0.114 * dot[2];
    });
  };
  const look = () => {
    const card = document.querySelector('[data-testid=pin-card]');
    const shown = JSON.stringify([card && card.dataset.productId, !!document.querySelector('[data-testid=pin-card] [data-testid=countdown]')]);
    if (shown === last || video.readyState < 2) return;
    last = shown;
    const [product_id, countdown] = JSON.parse(shown);
    marks.push({product_id, countdown, lumas: cells(), programme_us: Number(document.documentElement.dataset.programmeUs)});
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
  look();
}
"""  # noqa: E501


class Mark:
    """One change of the pinned card: what it became, the source frame on screen, and the page's programme time."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.product_id: str | None = raw["product_id"]
        self.countdown: bool = raw["countdown"]
        self.frame = number_of_lumas(raw["lumas"])
        self.programme_us: int = raw["programme_us"]


def watch_pins(page: Page) -> None:
    """Begin to note changes of the pinned card on this page."""
    page.evaluate(_WATCH, SAMPLE_POINTS)


def marks(page: Page) -> list[Mark]:
    """What was noted so far."""
    return [Mark(raw) for raw in page.evaluate("window.tallyMarks")]


def decoded_frames(page: Page) -> int:
    """Pictures that the page's video has decoded so far."""
    count: int = page.evaluate(
        "document.querySelector('[data-testid=video]').getVideoPlaybackQuality().totalVideoFrames"
    )
    return count
