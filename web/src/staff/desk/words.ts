/** What the desk's states are called and which lamp they burn. Pure. */
import type { LampState } from "../../design";
import type { IconName } from "../../design/icons";
import type { ClaimCard, ClaimState, ClaimVersion, LineCheck, Policy, ScriptCard, ScriptState, Verdict } from "./types";

type Light = { lamp: LampState; label: string };

// Amber is speech in the delay; what is in review waits for a person.
const CLAIM: Record<ClaimState, Light> = {
  draft: { lamp: "off", label: "Draft" },
  review: { lamp: "person", label: "In review" },
  approved: { lamp: "safe", label: "Approved" },
  rejected: { lamp: "off", label: "Rejected" },
  superseded: { lamp: "off", label: "Replaced" },
  withdrawn: { lamp: "off", label: "Withdrawn" },
};

const SCRIPT: Record<ScriptState, Light> = {
  draft: { lamp: "off", label: "Draft" },
  review: { lamp: "person", label: "In review" },
  signed: { lamp: "safe", label: "Signed off" },
  rejected: { lamp: "off", label: "Sent back" },
  superseded: { lamp: "off", label: "Replaced" },
};

/** What has expired clears nothing, whatever was approved. */
export function claimLight(version: ClaimVersion): Light {
  return version.state === "approved" && version.expired ? { lamp: "off", label: "Expired" } : CLAIM[version.state];
}

export const scriptLight = (state: ScriptState): Light => SCRIPT[state];

export const POLICIES: readonly { value: Policy; label: string; hint: string }[] = [
  { value: "strict", label: "Strict", hint: "Speech off the script is held." },
  { value: "guided", label: "Guided", hint: "Speech off the script is noted." },
  { value: "free", label: "Free", hint: "The host may say what they like; the rules still apply." },
];

type Look = { label: string; icon: IconName; tone: "neutral" | "amber"; problem: boolean };

/** What the rules say about a line before it is spoken. Stopped is something to put right, not something on air. */
export const VERDICTS: Record<"clear" | Verdict, Look> = {
  clear: { label: "Clear", icon: "check", tone: "neutral", problem: false },
  note: { label: "Note", icon: "info", tone: "neutral", problem: false },
  hold: { label: "Would be held", icon: "pause", tone: "amber", problem: false },
  block: { label: "Would be stopped", icon: "warning", tone: "neutral", problem: true },
};

const VERDICT_ORDER: readonly Verdict[] = ["block", "hold", "note"];

/** "2 would be stopped, 1 would be held"; "" when there is nothing. */
export function checksText(findings: readonly LineCheck[]): string {
  const name = { block: "would be stopped", hold: "would be held", note: "noted" };
  return VERDICT_ORDER.map((verdict) => [findings.filter((one) => one.verdict === verdict).length, name[verdict]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}

/** Claims that want somebody's attention first, then by wording. */
const ATTENTION: ClaimState[] = ["review", "draft", "rejected", "approved", "withdrawn", "superseded"];

export type ClaimFilter = "all" | "open" | "force" | "ended";

/** `open`: waits for somebody. `force`: clears something now. `ended`: clears nothing and nothing waits. */
export function claimsFiltered(cards: readonly ClaimCard[], filter: ClaimFilter, search: string, productTitle: (id: string | null) => string): ClaimCard[] {
  const wanted = search.trim().toLowerCase();
  const fits = (card: ClaimCard): boolean => {
    const force = card.in_force !== null && !card.in_force.expired;
    const open = card.latest.state === "review" || card.latest.state === "draft";
    if (filter === "open" && !open) return false;
    if (filter === "force" && !force) return false;
    if (filter === "ended" && (open || force)) return false;
    const text = [card.latest.content.wording, card.in_force?.content.wording, card.latest.content.disclaimer, productTitle(card.product_id), card.market];
    return wanted === "" || text.some((one) => one?.toLowerCase().includes(wanted));
  };
  return cards
    .filter(fits)
    .sort(
      (a, b) =>
        ATTENTION.indexOf(a.latest.state) - ATTENTION.indexOf(b.latest.state) ||
        a.latest.content.wording.localeCompare(b.latest.content.wording),
    );
}

const SCRIPT_ATTENTION: ScriptState[] = ["review", "rejected", "draft", "signed", "superseded"];

export type ScriptFilter = "all" | "open" | "signed";

/** `open`: the newest version waits for somebody. `signed`: a version may be pinned. */
export function scriptsFiltered(cards: readonly ScriptCard[], filter: ScriptFilter, search: string, showTitle: (id: string) => string): ScriptCard[] {
  const wanted = search.trim().toLowerCase();
  return cards
    .filter((card) => {
      if (filter === "open" && card.state === "signed") return false;
      if (filter === "signed" && card.signed_version === null) return false;
      return wanted === "" || [card.title, card.market, ...card.shows.map(showTitle)].some((text) => text.toLowerCase().includes(wanted));
    })
    .sort((a, b) => SCRIPT_ATTENTION.indexOf(a.state) - SCRIPT_ATTENTION.indexOf(b.state));
}

const STEPS: Record<string, string> = {
  drafted: "wrote",
  edited: "changed",
  submitted: "put into review",
  approved: "approved",
  rejected: "rejected",
  superseded: "replaced",
  withdrawn: "withdrew",
  commented: "remarked on",
  signed: "signed off",
  pinned: "pinned to a show",
  unpinned: "unpinned from a show",
};

/** "Ada put version 2 into review". */
export function stepText(step: { step: string; version: number; by: string }): string {
  const [verb = step.step, ...rest] = (STEPS[step.step] ?? step.step).split(" ");
  return [step.by || "The operator", verb, `version ${step.version}`, ...rest].join(" ");
}

/** "2 MB", "340 kB". */
export function sizeText(bytes: number): string {
  return bytes >= 1_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`;
}

export type Marked = { text: string; check: LineCheck | null };

/** A line cut where its findings begin and end; of findings that overlap the first counts. */
export function markedLine(line: string, checks: readonly LineCheck[]): Marked[] {
  const pieces: Marked[] = [];
  let at = 0;
  for (const check of [...checks].sort((a, b) => a.start - b.start)) {
    // Offsets are counted in code points by the server and in UTF-16 here.
    const [start, end] = [offset(line, check.start), offset(line, check.end)];
    // Findings of before the line was changed do not fit it any more.
    if (start < at || (check.quote !== undefined && line.slice(start, end) !== check.quote)) continue;
    if (start > at) pieces.push({ text: line.slice(at, start), check: null });
    pieces.push({ text: line.slice(start, end), check });
    at = end;
  }
  if (at < line.length) pieces.push({ text: line.slice(at), check: null });
  return pieces;
}

function offset(text: string, points: number): number {
  return [...text].slice(0, points).join("").length;
}

/** A date field's "2027-01-31" as the moment that day is over, and back. Whole days, UTC, as the CSV means them. */
export function expiryOf(day: string): string | null {
  if (day === "") return null;
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString();
}

export function dayOfExpiry(expires_at: string | null): string {
  if (expires_at === null) return "";
  return new Date(Date.parse(expires_at) - 1).toISOString().slice(0, 10);
}

/** So many days before its end an expiry is worth a warning: time to renew the evidence. */
const SOON_DAYS = 30;
const DAY_MS = 86_400_000;

export type Expiry = { text: string; state: "never" | "later" | "soon" | "expired" };

/** "until 31 Jan 2027", "expired 31 Jan 2027", "does not expire"; soon: "until 31 Jan 2027, in 12 days". */
export function expiryOn(expires_at: string | null, expired: boolean, now: Date, locale?: string): Expiry {
  if (expires_at === null) return { text: "does not expire", state: "never" };
  const end_ms = Date.parse(expires_at);
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(end_ms - 1);
  if (expired) return { text: `expired ${day}`, state: "expired" };
  const days = Math.floor((end_ms - now.getTime()) / DAY_MS);
  if (days >= SOON_DAYS) return { text: `until ${day}`, state: "later" };
  const left = days < 1 ? "less than a day left" : days === 1 ? "a day left" : `${days} days left`;
  return { text: `until ${day}, ${left}`, state: "soon" };
}
