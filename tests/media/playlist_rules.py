"""The rules of RFC 8216 and rfc8216bis that players and Apple's validator check, as far as they concern us."""

import re
from datetime import datetime

import m3u8

MILLISECOND_S = 0.001


def check_playlist(text: str, *, target_s: int = 2, part_target_s: float | None = 0.168) -> m3u8.M3U8:
    """Raises AssertionError for the first rule that is broken; the playlist as the library ``m3u8`` reads it."""
    lines = text.splitlines()
    assert lines[0] == "#EXTM3U"
    assert text.endswith("\n")
    playlist = m3u8.loads(text)
    assert playlist.target_duration == target_s
    whole = [segment for segment in playlist.segments if segment.uri]
    assert all(round(segment.duration) <= target_s for segment in whole), "EXTINF over TARGETDURATION (4.4.3.1)"
    _check_times(whole)
    _check_maps(lines)
    if part_target_s is None:
        assert "#EXT-X-PART" not in text
    else:
        _check_parts(text, part_target_s)
    return playlist


def check_update(earlier: str, later: str) -> None:
    """What one reload may change of the one before: it only grows at the end and shrinks at the start (6.2.1)."""
    before, after = m3u8.loads(earlier), m3u8.loads(later)
    assert after.target_duration == before.target_duration
    assert after.media_sequence >= before.media_sequence
    gone = after.media_sequence - before.media_sequence
    assert after.discontinuity_sequence - before.discontinuity_sequence == sum(
        segment.discontinuity for segment in before.segments[:gone]
    )
    kept = [(s.uri, s.duration, s.program_date_time) for s in before.segments[gone:] if s.uri]
    assert [(s.uri, s.duration, s.program_date_time) for s in after.segments[: len(kept)]] == kept


def _check_times(segments: list[m3u8.Segment]) -> None:
    """PROGRAM-DATE-TIME on every segment, rising, and without a break exactly one duration on."""
    end: float | None = None
    for segment in segments:
        moment: datetime = segment.program_date_time
        start = moment.timestamp()
        if end is not None:
            assert start > end - 2 * MILLISECOND_S, "programme time runs back"
            if not segment.discontinuity:
                assert abs(start - end) < 2 * MILLISECOND_S, "programme time leaps without a discontinuity"
        end = start + segment.duration


def _check_maps(lines: list[str]) -> None:
    """A new MAP only after a discontinuity, and one before the first segment."""
    seen, discontinuity = "", False
    for line in lines:
        if line == "#EXT-X-DISCONTINUITY":
            discontinuity = True
        elif line.startswith("#EXT-X-MAP"):
            assert not seen or discontinuity, "another initialisation segment without a discontinuity"
            seen = line
        elif not line.startswith("#"):
            assert seen, "a segment before any MAP"
            discontinuity = False


def _check_parts(text: str, part_target_s: float) -> None:
    control = re.search(r"#EXT-X-SERVER-CONTROL:.*PART-HOLD-BACK=([\d.]+)", text)
    assert control is not None
    assert "CAN-BLOCK-RELOAD=YES" in control[0]
    assert float(control[1]) >= 3 * part_target_s, "PART-HOLD-BACK under three part targets (4.4.3.8)"
    assert f"PART-TARGET={part_target_s:.5f}" in text
    pending: list[float] = []
    for line in text.splitlines():
        if part := re.match(r'#EXT-X-PART:DURATION=([\d.]+),URI="([^"]+)"', line):
            duration = float(part[1])
            assert duration <= part_target_s, "a part over PART-TARGET"
            pending.append(duration)
        elif line.startswith("#EXTINF") and pending:
            total = float(line.split(":")[1].rstrip(","))
            assert abs(sum(pending) - total) < 2 * MILLISECOND_S, "parts do not add up to their segment"
            assert all(d >= 0.85 * part_target_s for d in pending[:-1]), "a part under 85 % of PART-TARGET"
            pending.clear()
    hints = re.findall(r"#EXT-X-PRELOAD-HINT:TYPE=PART", text)
    assert len(hints) == (0 if "#EXT-X-ENDLIST" in text else 1)
