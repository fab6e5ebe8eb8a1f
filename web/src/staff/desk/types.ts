/** What the compliance desk's part of the API says: claims and scripts, before the show. */

export type ClaimState = "draft" | "review" | "approved" | "rejected" | "superseded" | "withdrawn";

export type ClaimContent = {
  wording: string;
  disclaimer: string | null;
  disclaimer_within_s: number | null;
  /** ISO 8601; null: it does not expire. */
  expires_at: string | null;
  file_id: string | null;
};

export type ClaimVersion = {
  version: number;
  /** Counts the version's changes: a decision names the one that was read. */
  revision: number;
  state: ClaimState;
  content: ClaimContent;
  approved_at: string | null;
  ended_at: string | null;
  expired: boolean;
};

export type Step = { version: number; step: string; comment: string; by: string; at: string };

export type ClaimCard = { id: string; product_id: string | null; market: string; latest: ClaimVersion; in_force: ClaimVersion | null };

export type ClaimFile = { id: string; name: string; content_type: string; size_bytes: number; sha256: string; uploaded_at: string; uploaded_by: string };

export type ClaimDetail = {
  id: string;
  shop_id: string;
  product_id: string | null;
  market: string;
  /** The newest first. */
  versions: [ClaimVersion, ...ClaimVersion[]];
  steps: Step[];
  files: ClaimFile[];
};

export type ClaimImport = { imported: number; updated: number; unchanged: number; skipped_rows: { line: number; problem: string }[] };

export type Policy = "strict" | "guided" | "free";
export type ScriptState = "draft" | "review" | "signed" | "rejected" | "superseded";
export type Verdict = "note" | "hold" | "block";

export type Segment = { title: string; policy: Policy; product_id: string | null; cue_id: string | null; lines: string[] };

export type LineCheck = {
  segment: number;
  line: number;
  rule: string;
  rule_title: string;
  verdict: Verdict;
  quote: string;
  start: number;
  end: number;
  reason: string;
  citation: string;
  say_instead: string | null;
};

export type Checks = { at: string; findings: LineCheck[] };

export type ScriptVersion = {
  version: number;
  revision: number;
  state: ScriptState;
  segments: Segment[];
  checks: Checks | null;
  signed_by: string | null;
  signed_at: string | null;
};

export type ScriptCard = {
  id: string;
  title: string;
  market: string;
  latest_version: number;
  state: ScriptState;
  signed_version: number | null;
  segments: number;
  lines: number;
  worst: "clear" | Verdict | null;
  shows: string[];
};

export type ScriptDetail = {
  id: string;
  shop_id: string;
  title: string;
  market: string;
  /** The newest first. */
  versions: [ScriptVersion, ...ScriptVersion[]];
  steps: Step[];
  pins: { show_id: string; script_id: string; version: number; pinned_at: string }[];
  /** Who wrote in the newest version, and so cannot sign it. */
  authors: string[];
};

export type Piece = { kind: "same" | "gone" | "come"; text: string };
export type RedLine = { kind: "same" | "changed" | "gone" | "come" | "segment"; pieces: Piece[] };

export type Cue = { id: string; label: string; kind: string; product_id: string | null };
export type Choices = {
  products: { id: string; handle: string; title: string }[];
  shows: { id: string; slug: string; title: string; state: "scheduled" | "live" | "ended"; market: string; cues: Cue[] }[];
};

/** A line that was said on air; programme time. `heard_permille`: how much of its weight was heard. */
export type LineSaid = { segment: number; line: number; start_us: number; end_us: number; heard_permille: number };
export type ScriptOnAir = { script_id: string; title: string; version: number; segments: Segment[]; said: LineSaid[] };
