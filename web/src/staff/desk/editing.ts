/** A script while it is written: segments and their lines as text. Pure. */
import type { Choices, Segment } from "./types";

export type Draft = { key: number; title: string; policy: Segment["policy"]; product_id: string; cue_id: string; text: string };

let keys = 0;

export function draftOf(segment: Segment): Draft {
  return {
    key: (keys += 1),
    title: segment.title,
    policy: segment.policy,
    product_id: segment.product_id ?? "",
    cue_id: segment.cue_id ?? "",
    text: segment.lines.join("\n"),
  };
}

export const emptyDraft = (title = ""): Draft => draftOf({ title, policy: "guided", product_id: null, cue_id: null, lines: [] });

export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter((line) => line !== "");
}

export function segmentOf(draft: Draft): Segment {
  return {
    title: draft.title.trim(),
    policy: draft.policy,
    product_id: draft.product_id || null,
    cue_id: draft.cue_id || null,
    lines: linesOf(draft.text),
  };
}

/** The drafts with the one at `from` moved by `step`; the same drafts when it cannot go there. */
export function moved(drafts: readonly Draft[], from: number, step: 1 | -1): Draft[] {
  const to = from + step;
  const next = [...drafts];
  const [one, other] = [next[from], next[to]];
  if (one && other) [next[from], next[to]] = [other, one];
  return next;
}

/** What stands in the way of keeping the script, by segment; empty: nothing. */
export function problemsOf(drafts: readonly Draft[]): string[] {
  return drafts.map((draft) => {
    if (draft.title.trim() === "") return "A segment needs a title.";
    if (draft.policy !== "free" && linesOf(draft.text).length === 0) return "Write its lines, or make it free.";
    if (linesOf(draft.text).some((line) => line.length > 500)) return "A line has at most 500 characters: split it.";
    return "";
  });
}

/** About how long the lines take to say, at 150 words a minute. */
export function minutesOf(drafts: readonly Draft[]): number {
  const words = drafts.reduce((sum, draft) => sum + (draft.text.match(/\S+/g)?.length ?? 0), 0);
  return words / 150;
}

/** A segment to write for each product in a show's run of show, from its first cue on. */
export function segmentsOfShow(show: Choices["shows"][number]): Segment[] {
  const seen = new Set<string>();
  return show.cues
    .filter((cue) => cue.product_id !== null && cue.kind !== "unpin" && !seen.has(cue.product_id) && seen.add(cue.product_id))
    .map((cue) => ({ title: cue.label, policy: "guided", product_id: cue.product_id, cue_id: cue.id, lines: [] }));
}
