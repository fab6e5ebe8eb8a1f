"""Redlines: what a reader sees of a change."""

from tallylight.compliance.scripts.redline import Piece, RedLine, redline_scripts, redline_text
from tallylight.compliance.scripts.types import Segment


def test_a_changed_line_shows_its_words() -> None:
    assert redline_text("hydrates for 24 hours", "hydrates skin for 48 hours") == [
        Piece("same", "hydrates"),
        Piece("come", "skin"),
        Piece("same", "for"),
        Piece("gone", "24"),
        Piece("come", "48"),
        Piece("same", "hours"),
    ]


def test_lines_come_go_stay_and_change() -> None:
    older = [Segment(title="Serum", lines=("It hydrates for 24 hours.", "Made in Oregon.", "Buy it now."))]
    newer = [
        Segment(title="Serum", policy="strict", lines=("It hydrates for 48 hours.", "Buy it now.")),
        Segment(title="Mug", lines=("Thrown by hand.",)),
    ]
    assert [(each.kind, " ".join(piece.text for piece in each.pieces)) for each in redline_scripts(older, newer)] == [
        ("segment", "Serum (guided) (strict)"),
        ("changed", "It hydrates for 24 48 hours."),
        ("gone", "Made in Oregon."),
        ("same", "Buy it now."),
        ("segment", "Mug (guided)"),
        ("come", "Thrown by hand."),
    ]


def test_equal_versions_have_no_redlines() -> None:
    segments = [Segment(title="Serum", lines=("Soft.", "Soft."))]
    assert {each.kind for each in redline_scripts(segments, segments)} == {"segment", "same"}
    assert redline_scripts([], []) == list[RedLine]()
