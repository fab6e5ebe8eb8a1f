/** The caption that belongs to the frame on screen. Pure. */
import type { Caption } from "../lib/types";

const KEPT_MAX = 120;
/** A caption stays a moment after its last word, unless the next one comes. */
const LINGER_US = 1_500_000;
const ROLL_GAP_US = 700_000;
const ROLL_SPAN_US = 7_000_000;
const ROLL_LENGTH_MAX = 90;

export function withCaption(captions: readonly Caption[], caption: Caption): Caption[] {
  if (captions.some((one) => one.start_us === caption.start_us && one.end_us === caption.end_us)) return [...captions];
  return [...captions, caption].sort((a, b) => a.start_us - b.start_us).slice(-KEPT_MAX);
}

/** Never ahead of the picture: a caption shows from its first word on. Short ones that follow each other closely
 * roll up into one line, so that a sentence is not read in scraps. */
export function captionAt(captions: readonly Caption[], playhead_us: number): Caption | null {
  let first = captions.findLastIndex((caption) => caption.start_us <= playhead_us);
  const newest = captions[first];
  if (!newest || playhead_us >= newest.end_us + LINGER_US) return null;
  let line = newest;
  for (; ; first -= 1) {
    const before = captions[first - 1];
    if (!before || line.start_us - before.end_us > ROLL_GAP_US || newest.end_us - before.start_us > ROLL_SPAN_US) break;
    if (before.text.length + line.text.length + 1 > ROLL_LENGTH_MAX) break;
    line = { start_us: before.start_us, end_us: newest.end_us, text: `${before.text} ${line.text}` };
  }
  return line;
}
