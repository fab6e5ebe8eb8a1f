"""The rules of RFC 8216 and rfc8216bis that players and Apple's validator check, as far as they concern us."""

import re
from collections.abc import Callable
from datetime import datetime

import m3u8
import pytest

from tests.media.fragments import read_fragments

MILLISECOND_S = 0.001


def check_playlist(
    text: str, *, target_s: int = 2, part_target_s: float | None = 0.168, steady: bool = True
) -> m3u8.M3U8:
    """Raises AssertionError for the first rule that is broken; the playlist as the library ``m3u8`` reads it.

    ``steady``: pictures come at an even pace, so that parts can be of nearly one length.
    """
    lines = text.splitlines()
    assert lines[0] == "#EXTM3U"
    assert text.endswith("\n")
    playlist = m3u8.loads(text)
    assert playlist.target_duration == target_s
    whole = [segment for segment in playlist.segments if segment.uri]
    assert all(round(segment.duration) <= target_s for segment in whole), "EXTINF over TARGETDURATION (4.4.3.1)"
    _check_times(whole)
    _check_maps(lines)
    _check_head(lines)
    if part_target_s is None:
        assert "#EXT-X-PART" not in text
    else:
        _check_parts(text, part_target_s, steady=steady)
    return playlist


def check_files(text: str, fetch: Callable[[str], bytes]) -> None:
    """What the playlist says of its files is so: each is there, INDEPENDENT means a keyframe first, a segment is its
    parts, and what is only hinted at is not there yet (4.4.4.9, 4.4.5.3).
    """
    parts: list[str] = []
    for line in text.splitlines():
        if part := re.match(r'#EXT-X-PART:DURATION=[\d.]+,URI="([^"]+)"(,INDEPENDENT=YES)?$', line):
            first_picture = read_fragments(fetch(part[1])).pictures[0][1]
            assert _is_key(first_picture) == bool(part[2]), f"{part[1]}: INDEPENDENT is wrong"
            parts.append(part[1])
        elif hint := re.match(r'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"', line):
            assert hint[1] not in text.replace(line, ""), "a part that is listed is hinted at"
            with pytest.raises(AssertionError):
                fetch(hint[1])
        elif line and not line.startswith("#"):
            if parts:
                assert fetch(line) == b"".join(map(fetch, parts)), "a segment is not its parts"
            parts = []


def _is_key(picture: bytes) -> bool:
    """Whether a slice of an IDR picture (NAL unit type 5) is among its NAL units of four-byte lengths."""
    at = 0
    while at + 5 <= len(picture):
        if picture[at + 4] & 0x1F == 5:
            return True
        at += 4 + int.from_bytes(picture[at : at + 4], "big")
    return False


def check_update(earlier: str, later: str) -> None:
    """What one reload may change of the one before: it only grows at the end and shrinks at the start (6.2.1)."""
    before, after = m3u8.loads(earlier), m3u8.loads(later)
    assert after.target_duration == before.target_duration
    assert after.media_sequence >= before.media_sequence
    gone = after.media_sequence - before.media_sequence
    assert after.discontinuity_sequence - before.discontinuity_sequence == sum(
        segment.discontinuity for segment in before.segments[:gone]
    )
    hint = re.search(r'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"', earlier)
    if hint is not None and "#EXT-X-ENDLIST" not in later and hint[0] not in later:
        # 4.4.5.3: what was hinted at comes under that name, be it that its parts are no longer listed.
        segment = hint[1].split(".")[0]
        assert f'URI="{hint[1]}"' in later or f"{segment}.m4s" in later, "what was hinted at never came"
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


def _check_head(lines: list[str]) -> None:
    """One of each at the head, before any segment (4.4.1, 4.4.3)."""
    head = lines[: next((i for i, line in enumerate(lines) if line.startswith("#EXT-X-MAP")), len(lines))]
    for tag in ("VERSION", "TARGETDURATION", "MEDIA-SEQUENCE", "DISCONTINUITY-SEQUENCE"):
        assert sum(line.startswith(f"#EXT-X-{tag}:") for line in lines) == 1
        assert any(line.startswith(f"#EXT-X-{tag}:") for line in head), f"{tag} after a segment"
    assert int(next(line for line in lines if "VERSION" in line).split(":")[1]) >= 9, "for parts and skipping"


def _check_parts(text: str, part_target_s: float, *, steady: bool) -> None:
    control = re.search(r"#EXT-X-SERVER-CONTROL:.*PART-HOLD-BACK=([\d.]+)", text)
    assert control is not None
    assert "CAN-BLOCK-RELOAD=YES" in control[0]
    assert float(control[1]) >= 3 * part_target_s, "PART-HOLD-BACK under three part targets (4.4.3.8)"
    hold_back = re.search(r",HOLD-BACK=([\d.]+)", text)
    assert hold_back is not None
    assert float(hold_back[1]) >= 3 * 2, "HOLD-BACK under three target durations (4.4.3.8)"
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
            assert not steady or all(d >= 0.85 * part_target_s for d in pending[:-1]), (
                "a part under 85 % of PART-TARGET"
            )
            pending.clear()
    hints = re.findall(r"#EXT-X-PRELOAD-HINT:TYPE=PART", text)
    assert len(hints) == (0 if "#EXT-X-ENDLIST" in text else 1)
