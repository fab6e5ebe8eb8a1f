/** The desk's queue: which held finding comes first, who is on it, what an event changes. Pure. */
import type { LiveEvent } from "../../../lib/live";
import type { Decision, Finding, GateStatus, Outcome, Word } from "../../../lib/types";
import { withWords } from "../../control/transcript";
import { isOpen } from "../../control/urgency";
import type { DeskView, Lease, ShownCorrection } from "./api";

const FINDINGS_MAX = 200;
const WORDS_MAX = 400;
/** Words around a quote that tell what it is about. */
const CONTEXT_US = 6_000_000;

/** Held and undecided, the least time left first. Notes hold nothing. */
export function held(findings: readonly Finding[], wall_us: number): Finding[] {
  return findings
    .filter((one) => one.verdict !== "note" && isOpen(one, wall_us))
    .sort((a, b) => a.decide_by_wall_us - b.decide_by_wall_us || a.start_us - b.start_us);
}

/** Everything else, the newest first. */
export function settled(findings: readonly Finding[], wall_us: number): Finding[] {
  return findings
    .filter((one) => one.verdict === "note" || !isOpen(one, wall_us))
    .sort((a, b) => b.start_us - a.start_us);
}

/** The person who is on it, unless that is over or is `me`. */
export function othersLease(leases: readonly Lease[], finding: string, me: string, wall_us: number): Lease | null {
  return leases.find((one) => one.finding_id === finding && one.person_id !== me && one.until_wall_us > wall_us) ?? null;
}

/** What the keys act on. It stays while it is held, so that a key never lands on what slid under the finger; then the
 * first that nobody else is on. Something chosen by hand stays until it is left. */
export function selection(
  selected: string | null,
  by_hand: boolean,
  findings: readonly Finding[],
  leases: readonly Lease[],
  me: string,
  wall_us: number,
): string | null {
  const open = held(findings, wall_us);
  if (selected !== null && (by_hand || open.some((one) => one.id === selected))) return selected;
  const free = open.find((one) => othersLease(leases, one.id, me, wall_us) === null);
  return free?.id ?? selected;
}

/** The held finding `step` places on. */
export function neighbour(selected: string | null, open: readonly Finding[], step: 1 | -1): string | null {
  const at = open.findIndex((one) => one.id === selected);
  if (at < 0) return (step > 0 ? open[0] : open.at(-1))?.id ?? null;
  return open[Math.min(open.length - 1, Math.max(0, at + step))]?.id ?? null;
}

export type Said = { before: string; quote: string; after: string };

/** The words around the finding, so that nobody rules on a scrap. Without a transcript only the quote. */
export function inContext(finding: Finding, words: readonly Word[]): Said {
  const near = words.filter(
    (word) => word.start_us >= finding.start_us - CONTEXT_US && word.start_us <= finding.end_us + CONTEXT_US,
  );
  const say = (part: readonly Word[]) => part.map((word) => word.text).join(" ");
  return {
    before: say(near.filter((word) => word.start_us < finding.start_us)),
    quote: finding.quote,
    after: say(near.filter((word) => word.start_us >= finding.end_us)),
  };
}

export function reduce(view: DeskView, event: LiveEvent): DeskView {
  switch (event.type) {
    case "words":
      return { ...view, words: withWords(view.words, (event.payload as { words: Word[] }).words, WORDS_MAX) };
    case "finding": {
      const found = event.payload as Finding;
      const others = view.findings.filter((one) => one.id !== found.id);
      return { ...view, findings: [...others, found].slice(-FINDINGS_MAX) };
    }
    case "finding.decided": {
      const { id, decision } = event.payload as { id: string; decision: Decision };
      return { ...changed(view, id, { decision }), leases: view.leases.filter((one) => one.finding_id !== id) };
    }
    case "finding.outcome": {
      const { id, outcome } = event.payload as { id: string; outcome: Outcome };
      return changed(view, id, { outcome });
    }
    case "finding.claimed": {
      const { id, by } = event.payload as { id: string; by: { id: string; name: string; until_wall_us: number } | null };
      const leases = view.leases.filter((one) => one.finding_id !== id);
      if (by) leases.push({ finding_id: id, person_id: by.id, name: by.name, until_wall_us: by.until_wall_us });
      return { ...view, leases };
    }
    case "correction": {
      const shown = event.payload as ShownCorrection;
      return { ...view, corrections: [...view.corrections.filter((one) => one.id !== shown.id), shown] };
    }
    case "gate":
      return { ...view, gate: event.payload as GateStatus };
    case "broadcast.started":
      return { ...view, show: { ...view.show, state: "live" } };
    case "broadcast.ended":
      return { ...view, show: { ...view.show, state: "ended" }, programme_url: null };
    default:
      return view;
  }
}

function changed(view: DeskView, id: string, change: Partial<Finding>): DeskView {
  return { ...view, findings: view.findings.map((one) => (one.id === id ? { ...one, ...change } : one)) };
}
