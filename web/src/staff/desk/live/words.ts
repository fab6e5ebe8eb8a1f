/** The live desk's words. Pure. */
import type { RulingKind } from "../../../lib/types";

export const PAST: Record<RulingKind, string> = { clear: "Cleared", bleep: "Bleeped", cover: "Covered" };

const DAY_US = 86_400_000_000;

/** "today", "yesterday", "12 days ago". */
export function daysAgo(us: number): string {
  const days = Math.floor(Math.max(0, us) / DAY_US);
  return days === 0 ? "today" : days === 1 ? "yesterday" : `${days} days ago`;
}
