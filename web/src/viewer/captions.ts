/** The caption that belongs to the frame on screen. Pure. */
import type { Caption } from "../lib/types";

const KEPT_MAX = 120;
/** A caption stays a moment after its last word, unless the next one comes. */
const LINGER_US = 1_500_000;

export function withCaption(captions: readonly Caption[], caption: Caption): Caption[] {
  if (captions.some((one) => one.start_us === caption.start_us && one.end_us === caption.end_us)) return [...captions];
  return [...captions, caption].sort((a, b) => a.start_us - b.start_us).slice(-KEPT_MAX);
}

/** Never ahead of the picture: a caption shows from its first word on. */
export function captionAt(captions: readonly Caption[], playhead_us: number): Caption | null {
  const begun = captions.findLast((caption) => caption.start_us <= playhead_us);
  return begun && playhead_us < begun.end_us + LINGER_US ? begun : null;
}
