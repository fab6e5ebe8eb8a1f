/** What was heard in a show, and what was found in it. */

export type Word = { text: string; start_us: number; end_us: number };

export type RulingKind = "clear" | "bleep" | "cover";

export type Decision = { kind: RulingKind; by: string; at_wall_us: number; person_id?: string | null };

export type Outcome = "bleeped" | "covered" | "cleared" | "late";

export type Finding = {
  id: string;
  rule: string;
  rule_title: string;
  verdict: "note" | "hold" | "block";
  quote: string;
  start_us: number;
  end_us: number;
  reason: string;
  citation: string;
  facts: Record<string, unknown>;
  say_instead: string | null;
  decide_by_wall_us: number;
  action: "bleep" | "cover" | "none";
  decision: Decision | null;
  outcome: Outcome | null;
};
