"""The program that pulls one source: ``python -m tallylight.media.source.puller``.

It reads a PullJob as JSON from its standard input, since an argument would show the address's secrets to everyone on
the machine, and writes FLV to its standard output: H.264 as it comes, sound as AAC. It ends when the source does. The
last line on its standard error is a SourceEnd.
"""

import resource
import sys
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import av
import msgspec
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream

from tallylight.foundation.errors import InvalidInputError
from tallylight.media.source.address import SourceAddress, find_file, read_address
from tallylight.media.source.fetch import GuardedHttp, SourceFetchError
from tallylight.media.source.guard import Networks, SourceForbiddenError, check_peers, resolve
from tallylight.media.source.sidecar import SourceEnd
from tallylight.media.units import SAMPLE_RATE_HZ

OPEN_TIMEOUT_S = 15
READ_TIMEOUT_S = 20
AAC_BITRATE_BPS = 160_000
MEMORY_BYTES_MAX = 3 << 30
"""Of address space, of which FFmpeg's libraries take a good part."""
_PROBE_US = "3000000"
_START_CODE = b"\0\0\1"
_SLICES = (1, 5)
"""NAL unit types with a slice: of another picture, of a keyframe (H.264, table 7-1)."""


class PullJob(msgspec.Struct, frozen=True):
    """``networks``: what may be reached besides public addresses. ``files_dir``: where ``file:`` looks."""

    url: str
    networks: list[str]
    files_dir: str | None


class UnsuitableSourceError(Exception):
    """The source can be read and cannot become a show."""


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=PullJob)
    end = pull(job)
    sys.stderr.buffer.write(msgspec.json.encode(end) + b"\n")
    sys.stderr.flush()
    return 0 if end.how == "ended" else 1


def pull(job: PullJob) -> SourceEnd:
    """Until the source ends, the reader goes away or something fails."""
    http = GuardedHttp([ip_network(one) for one in job.networks])
    try:
        address = read_address(job.url)
        with _open(address, job, http) as source:
            _copy(source, whole=address.kind != "rtsp")
    except BrokenPipeError:
        return SourceEnd("ended")
    except InvalidInputError as error:
        return SourceEnd("refused", f"{error}.")
    except (SourceForbiddenError, UnsuitableSourceError) as error:
        return SourceEnd("refused", str(error))
    except (av.error.FFmpegError, OSError) as error:
        if isinstance(http.refusal, SourceForbiddenError):
            return SourceEnd("refused", str(http.refusal))
        return SourceEnd("failed", _in_words(http.refusal or error))
    return SourceEnd("ended" if address.kind in ("file", "hls") else "failed", "The source has ended.")


def _open(address: SourceAddress, job: PullJob, http: GuardedHttp) -> InputContainer:
    networks: Networks = [ip_network(one) for one in job.networks]
    options = {"probesize": "2000000", "analyzeduration": _PROBE_US}
    timeout = (OPEN_TIMEOUT_S, READ_TIMEOUT_S)
    if address.kind == "file":
        path = find_file(address, Path(job.files_dir) if job.files_dir else None)
        # The format list leaves out those that name other files, such as playlists.
        options |= {"protocol_whitelist": "file", "format_whitelist": "mov,mp4,matroska,webm,mpegts,flv"}
        return av.open(str(path), options=options)
    if address.kind == "hls":
        options |= {"http_persistent": "0", "http_multiple": "0", "protocol_whitelist": "http,https"}
        body = http.open(address.url, 0, {})
        return av.open(body, mode="r", format="hls", options=options, io_open=http.open, timeout=timeout)
    resolve(address.host, address.port, networks)
    options |= (
        {"protocol_whitelist": "rtmp,rtmps,tcp,tls", "rtmp_live": "live"}
        if address.kind == "rtmp"
        else {"protocol_whitelist": "rtsp,rtsps,tcp,tls", "rtsp_transport": "tcp"}
    )
    source = av.open(address.url, options=options, timeout=timeout)
    try:
        check_peers(networks)
    except SourceForbiddenError:
        source.close()
        raise
    return source


def _copy(source: InputContainer, *, whole: bool) -> None:
    """Packets from the source's best picture and sound to standard output. ``whole``: each picture comes as one."""
    picture = source.streams.best("video")
    sound = source.streams.best("audio")
    if picture is None or picture.codec_context is None or picture.codec_context.name != "h264":
        raise UnsuitableSourceError("The source's picture must be H.264.")
    if not isinstance(sound, AudioStream):
        raise UnsuitableSourceError("The source has no sound. A show needs both.")
    pipe = open(sys.stdout.fileno(), "wb", buffering=0, closefd=False)  # noqa: SIM115 - the process's own
    output = av.open(pipe, "w", format="flv", options={"flvflags": "no_duration_filesize", "flush_packets": "1"})
    pictures = output.add_stream_from_template(picture)
    encoder: AudioStream | None = None
    if sound.codec_context.name == "aac":
        sounds: Any = output.add_stream_from_template(sound)
    else:
        sounds = encoder = output.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="stereo", bit_rate=AAC_BITRATE_BPS)
    packets = source.demux(picture, sound)
    for packet in packets if whole else _whole_pictures(packets, picture):
        if packet.dts is None:
            continue
        if packet.stream is picture:
            packet.stream = pictures
            output.mux(packet)
        elif encoder is None:
            packet.stream = sounds
            output.mux(packet)
        else:
            for frame in packet.decode():
                if isinstance(frame, AudioFrame):
                    output.mux(encoder.encode(frame))
    if encoder is not None:
        output.mux(encoder.encode(None))
    output.close()


def _whole_pictures(packets: Iterator["av.Packet[Any]"], picture: Stream) -> Iterator["av.Packet[Any]"]:
    """The same with the slices of each picture joined. By RTSP, FFmpeg hands out what one RTP timestamp or one pair of
    parameter sets begins: servers that send those before every slice make two packets of a keyframe, and the very first
    of all has no time yet.
    """
    held: av.Packet[Any] | None = None
    for packet in packets:
        if packet.stream is not picture or not packet.size:
            yield packet
        elif held is not None and not _begins_picture(bytes(packet)):
            joined: av.Packet[Any] = av.Packet(bytes(held) + bytes(packet))
            joined.stream, joined.time_base, joined.dts, joined.pts = picture, packet.time_base, packet.dts, packet.pts
            joined.is_keyframe = held.is_keyframe or packet.is_keyframe
            held = joined
        else:
            if held is not None:
                yield held
            held = packet
    if held is not None:
        yield held


def _begins_picture(data: bytes) -> bool:
    """Whether the first slice of this Annex B data is a picture's first: ``first_mb_in_slice`` is 0, one set bit
    (H.264, 7.3.3). Data without a slice begins one: parameter sets come before their picture.
    """
    at = data.find(_START_CODE)
    while 0 <= at < len(data) - 4:
        if data[at + 3] & 0x1F in _SLICES:
            return bool(data[at + 4] & 0x80)
        at = data.find(_START_CODE, at + 3)
    return True


def _in_words(error: Exception) -> str:
    if isinstance(error, SourceFetchError):
        return str(error)
    if isinstance(error, TimeoutError | av.error.ExitError | av.error.TimeoutError):
        return "The source does not answer."
    if isinstance(error, ConnectionRefusedError | av.error.ConnectionRefusedError):
        return "Nothing listens at the source's address."
    if isinstance(error, av.error.InvalidDataError):
        return "The source is no stream that can be read."
    if isinstance(error, av.error.HTTPError):
        return "The source refuses. Check its address and key."
    return f"The source cannot be read ({type(error).__name__})."


if __name__ == "__main__":
    sys.exit(main())
