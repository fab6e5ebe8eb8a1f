/** The media processes as people read them. Pure. */
import type { LampState } from "../../design/Lamp.svelte";
import type { MediaProcess } from "../../lib/types";

export function lampOf(one: MediaProcess): { state: LampState; label: string } {
  if (one.state === "silent") return { state: "off", label: "No answer" };
  return one.state === "draining" ? { state: "held", label: "Draining" } : { state: "safe", label: "Up" };
}

/** How busy it is, and what it carries. */
export function linesOf(one: MediaProcess, show_id: string): string[] {
  if (one.state === "silent") return ["Its shows go on in another process when their encoders come back"];
  const lines = [`${Math.round(one.cpu_permille / 10)} % of a core`];
  const mine = one.shows.find((show) => show.id === show_id);
  if (mine) lines.push(mine.moving_to === null ? "Carries this show" : mine.moving_to === one.name ? "This show is arriving" : `This show goes to ${mine.moving_to}`);
  const others = one.shows.length - (mine ? 1 : 0) + one.others;
  if (others > 0) lines.push(others === 1 ? "Carries one other show" : `Carries ${others} other shows`);
  return lines;
}

/** Whether the show can be moved there. */
export function mayTake(one: MediaProcess, show_id: string): boolean {
  return one.state === "up" && !one.shows.some((show) => show.id === show_id);
}
