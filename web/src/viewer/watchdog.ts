/** What to do about a picture that stands still or has fallen behind. Pure. */

export type Health = {
  live: boolean;
  /** For how long no new frame came although the picture should run. */
  stalled_ms: number;
  /** How far the picture is behind where a live picture should be. */
  behind_ms: number;
  since_jump_ms: number;
  since_reload_ms: number;
};

export type Remedy = "none" | "jump" | "reload";

export const STALL_SHOWN_MS = 2_000;
const STALL_JUMP_MS = 3_000;
const STALL_RELOAD_MS = 12_000;
const BEHIND_MAX_MS = 10_000;
const JUMP_AGAIN_MS = 6_000;

/** `jump` to the live edge first; `reload` the stream when that did not help. A remedy is given time to work. */
export function remedy(health: Health): Remedy {
  if (health.stalled_ms >= STALL_RELOAD_MS && health.since_reload_ms >= STALL_RELOAD_MS) return "reload";
  if (!health.live || health.since_jump_ms < JUMP_AGAIN_MS) return "none";
  if (health.behind_ms > BEHIND_MAX_MS) return "jump";
  if (health.stalled_ms >= STALL_JUMP_MS && health.behind_ms > 0) return "jump";
  return "none";
}
