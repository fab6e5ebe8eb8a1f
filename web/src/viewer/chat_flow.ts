/** Which chat lines are on screen: those said about pictures the viewer has seen. Pure. */
import type { ChatLine } from "../lib/types";

export type Said = ChatLine & {
  /** Wall time of arrival here. */
  received_us: number;
  own: boolean;
};

const KEPT_MAX = 200;
/** A viewer far behind the others does not wait for ever to read them. */
const HELD_MAX_US = 12_000_000;

/** Adds a line once, newest last; a line that is known is replaced (it may have been hidden since). */
export function withLine(lines: readonly Said[], line: Said): Said[] {
  const at = lines.findIndex((one) => one.id === line.id);
  if (at >= 0) return lines.map((one, i) => (i === at ? { ...line, own: one.own || line.own } : one));
  return [...lines, line].slice(-KEPT_MAX);
}

export function withoutLine(lines: readonly Said[], id: string): Said[] {
  return lines.filter((line) => line.id !== id);
}

/** `playhead_us` is null before the first frame: everything that is there is then shown. */
export function visible(
  lines: readonly Said[],
  playhead_us: number | null,
  wall_us: number,
  live: boolean,
): Said[] {
  return lines.filter((line) => {
    if (line.hidden) return false;
    if (line.own || playhead_us === null || line.at_us <= playhead_us) return true;
    return live && wall_us - line.received_us > HELD_MAX_US;
  });
}
