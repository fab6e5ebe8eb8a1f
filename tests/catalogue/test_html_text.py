"""Descriptions become plain text."""

import pytest

from tallylight.catalogue.html_text import html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Clay pot</p><p>for plants</p>", "Clay pot\n\nfor plants"),
        ("<ul><li>soft</li><li>warm</li></ul>", "• soft\n\n• warm"),
        ("5 &lt; 6 &amp; 7", "5 < 6 & 7"),
        ("<script>alert(1)</script>Mug<style>p{}</style>", "Mug"),
        ("<img src=x onerror=alert(1)>Lamp", "Lamp"),
        ("plain\nlines  stay", "plain\nlines stay"),
        ("<p>unclosed <b>bold", "unclosed bold"),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert html_to_text(html) == text
