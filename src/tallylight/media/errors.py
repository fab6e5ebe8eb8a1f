"""What can go wrong with a publisher's stream."""


class RtmpProtocolError(Exception):
    """The peer broke the protocol or a limit; the connection is closed. The message holds no data of the peer's."""


class StreamRefusedError(Exception):
    """The stream is understood and cannot go on air. ``description`` tells the host why and what to do.

    ``code`` is the RTMP status code that the host's encoder gets, such as ``NetStream.Publish.Rejected``.
    """

    def __init__(self, description: str, *, code: str = "NetStream.Publish.Rejected") -> None:
        super().__init__(description)
        self.code = code
        self.description = description
