/** A WHIP client (RFC 9725): one offer, one answer, no trickle. H.264 first, for the show is passed on as it comes. */

export type Whip = { peer: RTCPeerConnection; stop: () => Promise<void> };

const GATHER_MS = 2_000;
const BITRATE_BPS = 4_000_000;

export class WhipError extends Error {}

/** Publishes `stream`; rejects with words for the host when it may not. */
export async function publish(stream: MediaStream, url: string, token: string, iceServers: RTCIceServer[]): Promise<Whip> {
  const peer = new RTCPeerConnection({ iceServers });
  try {
    for (const track of stream.getTracks()) await send(peer, track, stream);
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/sdp", authorization: `Bearer ${token}` },
      body: peer.localDescription?.sdp ?? "",
    });
    if (answer.status !== 201) throw new WhipError((await answer.text()) || `The server answered ${answer.status}.`);
    await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    // Relative to the folder of the address that was posted to, so that a proxy's prefix stays.
    const session = new URL(answer.headers.get("location") ?? "", url).href;
    return { peer, stop: () => stop(peer, session) };
  } catch (error) {
    peer.close();
    throw error;
  }
}

async function send(peer: RTCPeerConnection, track: MediaStreamTrack, stream: MediaStream): Promise<void> {
  const transceiver = peer.addTransceiver(track, { direction: "sendonly", streams: [stream] });
  if (track.kind !== "video") return;
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const h264 = codecs.filter((codec) => codec.mimeType === "video/H264");
  if (h264.length === 0) throw new WhipError("This browser cannot send H.264. Use Chrome, Edge or Safari, or OBS.");
  transceiver.setCodecPreferences([...h264, ...codecs.filter((codec) => codec.mimeType === "video/rtx")]);
  track.contentHint = "motion";
  // A changed picture size is a break for viewers: let the frame rate give way instead.
  const parameters = transceiver.sender.getParameters();
  parameters.degradationPreference = "maintain-resolution";
  for (const encoding of parameters.encodings) encoding.maxBitrate = BITRATE_BPS;
  await transceiver.sender.setParameters(parameters);
}

function gathered(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_MS);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function stop(peer: RTCPeerConnection, session: string): Promise<void> {
  peer.close();
  await fetch(session, { method: "DELETE", keepalive: true }).catch(() => undefined);
}
