/** What a producer writes into the form of a show, and what is sent of it. */
import { GUEST, type Host } from "../hosts";
import type { PlannedShow, ShowPlan } from "./plan_api";

const SLUG_LENGTH_MAX = 63;
export const DELAY_S_MAX = 30;
const DELAY_S = 8;

export type Draft = {
  title: string;
  slug: string;
  /** Whether `slug` was written by hand, and follows the title no more. */
  own_slug: boolean;
  /** A person's id, or GUEST. */
  who: string;
  host_name: string;
  market: string;
  delay_s: string;
  /** As `<input type="datetime-local">` has it, in the reader's own zone; empty: not fixed. */
  starts: string;
};

/** An address as the title suggests it; empty where the title has no letters of the Latin alphabet. */
export function slugOf(title: string): string {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").slice(0, SLUG_LENGTH_MAX).replace(/^-|-$/g, "");
}

export function newDraft(hosts: readonly Host[], market: string): Draft {
  const host = hosts[0];
  return { title: "", slug: "", own_slug: false, who: host?.id ?? GUEST, host_name: host?.name ?? "", market, delay_s: String(DELAY_S), starts: "" };
}

export function draftOf(show: PlannedShow): Draft {
  return {
    title: show.title,
    slug: show.slug,
    own_slug: true,
    who: show.host_person_id ?? GUEST,
    host_name: show.host_name,
    market: show.market,
    delay_s: String(show.delay_ms / 1000),
    starts: show.starts_at === null ? "" : localOf(new Date(show.starts_at)),
  };
}

/** Null while a number or a date is none. */
export function planOf(draft: Draft): ShowPlan | null {
  const delay_s = Number(draft.delay_s);
  const starts = draft.starts === "" ? null : new Date(draft.starts);
  if (draft.delay_s.trim() === "" || !(delay_s >= 0 && delay_s <= DELAY_S_MAX)) return null;
  if (starts !== null && Number.isNaN(starts.getTime())) return null;
  return {
    title: draft.title.trim(),
    slug: draft.slug,
    host_name: draft.host_name.trim(),
    host_person_id: draft.who === GUEST ? null : draft.who,
    market: draft.market,
    delay_ms: Math.round(delay_s * 1000),
    starts_at: starts?.toISOString() ?? null,
  };
}

function localOf(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
