"""Publishing from a browser by WHIP (RFC 9725): an HTTP offer, then H.264 and Opus over WebRTC.

Invariants
- Nothing of a publisher's media is looked at before its token was accepted.
- What goes in is what an encoder sends by RTMP: H.264 with 4-byte lengths and AAC, as FLV payloads. Behind this door
  nothing knows of WebRTC. Opus becomes AAC here, once.
- Pictures are taken encoded: aiortc's decoder never sees them.
"""
