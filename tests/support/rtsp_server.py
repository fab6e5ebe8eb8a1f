"""An RTSP server of GStreamer's that plays one FLV file to each who asks: ``/usr/bin/python3 rtsp_server.py FILE``.

It runs with the system's Python, whose GObject bindings come with Debian's gir1.2-gst-rtsp-server-1.0, and prints the
port that it listens on. ``--sound opus`` sends Opus in the place of the file's AAC.
"""

import argparse

import gi  # type: ignore[import-not-found]  # the system's Python has it

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402 - versions first

SOUNDS = {
    "aac": "aacparse ! rtpmp4gpay name=pay1 pt=97",
    "opus": "aacparse ! faad ! audioconvert ! audioresample ! opusenc ! rtpopuspay name=pay1 pt=97",
    "pcmu": "aacparse ! faad ! audioconvert ! audioresample ! mulawenc ! rtppcmupay name=pay1 pt=0",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--sound", choices=SOUNDS, default="aac")
    given = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer(service="0", address="127.0.0.1")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( filesrc location={given.file} ! flvdemux name=demux"
        " demux.video ! queue ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"
        f" demux.audio ! queue ! {SOUNDS[given.sound]} )"
    )
    server.get_mount_points().add_factory("/live", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
