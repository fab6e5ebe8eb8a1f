/** Which finding needs the desk first. Pure; `wall_us` is the server's wall clock. */
import type { Finding } from "../../lib/types";

/** Its words are still in the delay: somebody can decide it, or change their mind. */
export function canRule(finding: Finding, wall_us: number): boolean {
  return finding.outcome === null && finding.decide_by_wall_us > wall_us;
}

/** Nobody has decided it, and somebody still can. */
export function isOpen(finding: Finding, wall_us: number): boolean {
  return finding.decision === null && canRule(finding, wall_us);
}

/** Open stops by the time left, then open notes, then what is settled, newest first. */
export function byUrgency(findings: readonly Finding[], wall_us: number): Finding[] {
  const rank = (finding: Finding) => (isOpen(finding, wall_us) ? (finding.action === "none" ? 1 : 0) : 2);
  return [...findings].sort((a, b) => {
    const [one, two] = [rank(a), rank(b)];
    if (one !== two) return one - two;
    return one < 2 ? a.decide_by_wall_us - b.decide_by_wall_us : b.start_us - a.start_us;
  });
}

/** The finding that F1–F3 act on. It stays where it is while it is open, so that a key never lands on one that slid
 * under the finger; then the most urgent stop takes its place. Notes have to be chosen by hand. */
export function selectionAfter(selected: string | null, findings: readonly Finding[], wall_us: number): string | null {
  const current = findings.find((finding) => finding.id === selected);
  if (current && isOpen(current, wall_us)) return current.id;
  const first = byUrgency(findings, wall_us)[0];
  return first && first.action !== "none" && isOpen(first, wall_us) ? first.id : null;
}

/** The open finding `step` places on from the selected one, for the arrow keys. */
export function neighbour(selected: string | null, findings: readonly Finding[], wall_us: number, step: 1 | -1): string | null {
  const open = byUrgency(findings, wall_us).filter((finding) => isOpen(finding, wall_us));
  if (open.length === 0) return null;
  const at = open.findIndex((finding) => finding.id === selected);
  const to = at < 0 ? (step > 0 ? 0 : open.length - 1) : Math.min(open.length - 1, Math.max(0, at + step));
  return open[to]?.id ?? null;
}

/** What became of a finding, in words. `by` is the person, if there was one. */
export function settledAs(finding: Finding): { lamp: "air" | "safe" | "person" | "off"; text: string } {
  const by = finding.decision ? ` by ${finding.decision.by}` : "";
  const withheld = finding.outcome === "bleeped" || finding.outcome === "covered";
  if (withheld && finding.decision?.kind === "clear") return { lamp: "air", text: `Cleared too late: it was ${finding.outcome}` };
  if (finding.outcome === "late") return { lamp: "air", text: `Too late: it aired${by ? `, ruled${by}` : ""}` };
  if (finding.outcome === "bleeped") return { lamp: "air", text: by ? `Bleeped${by}` : "Bleeped by policy" };
  if (finding.outcome === "covered") return { lamp: "air", text: by ? `Covered${by}` : "Covered by policy" };
  if (finding.outcome === "cleared") {
    return by ? { lamp: "person", text: `Cleared${by}` } : { lamp: "safe", text: "Aired as said" };
  }
  if (finding.decision?.kind === "clear") return { lamp: "person", text: `Cleared${by}` };
  if (finding.decision?.kind === "bleep") return { lamp: "person", text: `Will be bleeped${by}` };
  if (finding.decision?.kind === "cover") return { lamp: "person", text: `Will be covered${by}` };
  return finding.action === "none"
    ? { lamp: "off", text: "Noted" }
    : { lamp: "air", text: finding.action === "cover" ? "Covered by policy" : "Bleeped by policy" };
}
