/** Where a show is sent on to, in words and lamps. Pure. */
import type { LampState } from "../../design/Lamp.svelte";
import type { Destination, RelayStatus } from "../../lib/types";

/** What the media process tells every second of those that it serves. */
export type ToldStatus = RelayStatus & { id: string };

/** The kept destinations with what was last told of each; those that were not told of are not being sent to. */
export function withStatuses(kept: readonly Destination[], told: readonly ToldStatus[]): Destination[] {
  const by_id = new Map(told.map((one) => [one.id, one]));
  return kept.map((one) => ({ ...one, status: one.enabled ? (by_id.get(one.id) ?? null) : null }));
}

export function lampOf(one: Destination): { state: LampState; label: string } {
  if (!one.enabled) return { state: "off", label: "OFF" };
  switch (one.status?.state) {
    case "live":
      return { state: "air", label: "ON AIR" };
    case "connecting":
      return { state: "held", label: "CONNECTING" };
    case "retrying":
      return { state: "held", label: "TRYING AGAIN" };
    default:
      return { state: "off", label: "READY" };
  }
}

/** One line under the name: what is wrong, or what goes through. */
export function linesOf(one: Destination): string[] {
  const status = one.status;
  if (!one.enabled || status === null || status.state === "waiting") return [];
  const lines = [];
  if (status.problem !== null) lines.push(status.problem);
  if (status.state === "live") lines.push(`${status.bitrate_kbps.toLocaleString("en")} kbit/s, ${(status.behind_ms / 1000).toFixed(1)} s behind`);
  if (status.dropped > 0) lines.push(`${status.dropped.toLocaleString("en")} frames dropped: it takes less than the show sends`);
  if (status.reconnects > 0) lines.push(`connected anew ${status.reconnects === 1 ? "once" : `${status.reconnects} times`}`);
  return lines;
}

/** For the header's button: how many are on air of those that should be, and whether one is in trouble. */
export function summary(destinations: readonly Destination[]): { text: string; trouble: boolean } {
  const wanted = destinations.filter((one) => one.enabled);
  const live = wanted.filter((one) => one.status?.state === "live").length;
  const trouble = wanted.some((one) => one.status?.state === "retrying" || (one.status?.problem ?? null) !== null);
  if (wanted.length === 0) return { text: "Destinations", trouble: false };
  return { text: `Destinations ${live}/${wanted.length}`, trouble };
}
