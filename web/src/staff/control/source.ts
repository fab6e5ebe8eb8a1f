/** Where a show is fetched from, in words and lamps. Pure. */
import type { LampState } from "../../design/Lamp.svelte";
import type { Source, SourceStatus } from "../../lib/types";

/** The kept source with what the media process last told of it. */
export function withStatus(kept: Source | null, told: SourceStatus): Source | null {
  if (kept === null) return null;
  if (told.state === "over") return { ...kept, wanted: false, status: null, problem: told.problem };
  return kept.wanted ? { ...kept, status: told } : kept;
}

export function lampOf(source: Source): { state: LampState; label: string } {
  if (!source.wanted) return { state: "off", label: "OFF" };
  switch (source.status?.state) {
    case "live":
      return { state: "air", label: "COMING IN" };
    case "retrying":
      return { state: "held", label: "TRYING AGAIN" };
    case "waiting":
      return { state: "held", label: "WAITING FOR A CALL" };
    default:
      return { state: "held", label: "CONNECTING" };
  }
}

/** What is wrong, and how often it has been. */
export function linesOf(source: Source): string[] {
  const problem = source.status?.problem ?? (source.wanted ? null : source.problem);
  const lines = problem === null ? [] : [problem];
  const again = source.status?.reconnects ?? 0;
  if (again > 0) lines.push(`connected anew ${again === 1 ? "once" : `${again} times`}`);
  return lines;
}

/** What an SRT encoder is told. */
export function srtAddress(host: string, port: number): string {
  return `srt://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
