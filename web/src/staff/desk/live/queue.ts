/** The desk's queue: which held finding comes first, who is on it, what an event changes. Pure. */
import type { LiveEvent } from "../../../lib/live";
import type { Decision, Finding, GateStatus, Outcome, Word } from "../../../lib/types";
import { withWords } from "../../control/transcript";
import { canRule, isOpen } from "../../control/urgency";
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

/** What can be decided together with `finding`, itself among it: several rules often find fault with the same words,
 * and viewers hear them only when none withholds them. */
export function together(finding: Finding, findings: readonly Finding[], wall_us: number): Finding[] {
  const group = [finding];
  const rest = findings.filter((one) => one.id !== finding.id && one.verdict !== "note" && canRule(one, wall_us));
  for (const one of group) {
    for (const other of rest) if (!group.includes(other) && overlap(one, other)) group.push(other);
  }
  return group;
}

/** The held findings by the words that they are on: each phrase by its most urgent finding, the longest of several. */
export function phrases(findings: readonly Finding[], wall_us: number): Finding[][] {
  const open = held(findings, wall_us);
  const found: Finding[][] = [];
  for (const one of open) {
    if (found.some((phrase) => phrase.includes(one))) continue;
    const phrase = together(one, open, wall_us);
    const first_us = Math.min(...phrase.map((each) => each.decide_by_wall_us));
    found.push(phrase.sort((a, b) => urgent(b, first_us) - urgent(a, first_us) || length(b) - length(a)));
  }
  return found;
}

const overlap = (a: Finding, b: Finding) => a.start_us < b.end_us && b.start_us < a.end_us;
const length = (finding: Finding) => finding.end_us - finding.start_us;
/** Findings on one phrase end within a blink of each other; the longer quote then says more. */
const urgent = (finding: Finding, first_us: number) => Number(finding.decide_by_wall_us - first_us < 500_000);

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
  if (selected !== null && (by_hand || held(findings, wall_us).some((one) => one.id === selected))) return selected;
  const free = phrases(findings, wall_us).find((phrase) =>
    phrase.every((one) => othersLease(leases, one.id, me, wall_us) === null),
  );
  return free?.[0]?.id ?? selected;
}

/** The held phrase `step` places on. */
export function neighbour(selected: string | null, open: readonly Finding[][], step: 1 | -1): string | null {
  const at = open.findIndex((phrase) => phrase.some((one) => one.id === selected));
  const to = at < 0 ? (step > 0 ? 0 : open.length - 1) : Math.min(open.length - 1, Math.max(0, at + step));
  return open[to]?.[0]?.id ?? null;
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
