/** The correction card that belongs to the frame on screen. Pure. */
import type { Correction } from "../lib/types";

/** The newest of those that hold at `playhead_us`; null for none. */
export function correctionAt(corrections: readonly Correction[], playhead_us: number): Correction | null {
  let found: Correction | null = null;
  for (const one of corrections) {
    if (one.at_us <= playhead_us && playhead_us < one.until_us && (found === null || one.at_us >= found.at_us)) found = one;
  }
  return found;
}

export function withCorrection(corrections: readonly Correction[], correction: Correction): Correction[] {
  return [...corrections.filter((one) => one.id !== correction.id), correction];
}
