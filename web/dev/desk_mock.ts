/** The desk's half of the stand-in back end: claims and scripts that can be written, decided, pinned. Its rules know
 * two words. Never part of a build. */
import type { Checks, Choices, ClaimCard, ClaimContent, ClaimDetail, ClaimVersion, LineCheck, ScriptCard, ScriptDetail, ScriptOnAir, ScriptVersion, Segment, Step } from "../src/staff/desk/types.ts";
import { redline } from "../src/staff/desk/redline.ts";
import { products, SHOP } from "./mock_data.ts";

const DAY_MS = 86_400_000;
const iso = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

/** What went wrong, as the server would say it. */
export class DeskRefusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const choices: Choices = {
  products: products().map(({ id, handle, title }) => ({ id, handle, title })),
  shows: [
    {
      id: "show-1",
      slug: "slow-morning",
      title: "Slow Morning Live",
      state: "live",
      market: "us-en",
      cues: [{ id: "cue-1", label: "The serum", kind: "pin", product_id: "p-serum" }],
    },
    {
      id: "show-tonight",
      slug: "tonight",
      title: "An evening with the makers",
      state: "scheduled",
      market: "us-en",
      cues: [
        { id: "cue-2", label: "Serum again", kind: "pin", product_id: "p-serum" },
        { id: "cue-3", label: "Candle", kind: "pin", product_id: "p-candle" },
      ],
    },
  ],
};

const content = (wording: string, more: Partial<ClaimContent> = {}): ClaimContent => ({ wording, disclaimer: null, disclaimer_within_s: null, expires_at: null, file_id: null, ...more });
const claimVersion = (version: number, state: ClaimVersion["state"], what: ClaimContent): ClaimVersion => ({
  version,
  revision: 1,
  state,
  content: what,
  approved_at: state === "approved" ? iso(-40) : null,
  ended_at: null,
  expired: what.expires_at !== null && Date.parse(what.expires_at) <= Date.now(),
});
const step = (version: number, what: string, by: string, comment = ""): Step => ({ version, step: what, comment, by, at: new Date().toISOString() });

const claim = (id: string, product_id: string | null, versions: ClaimDetail["versions"], steps: Step[]): ClaimDetail => ({ id, shop_id: SHOP.id, product_id, market: "us-en", versions, steps, files: [] });
const claims: ClaimDetail[] = [
  claim("c-1", "p-serum", [claimVersion(2, "review", content("Sinks in within thirty seconds")), claimVersion(1, "approved", content("Sinks in within a minute", { expires_at: iso(200) }))], [
    step(1, "drafted", "Joe Calloway"),
    step(1, "approved", "Ada Byron", "Study seen."),
    step(2, "submitted", "Joe Calloway", "The new measurement is attached."),
  ]),
  claim("c-2", "p-serum", [claimVersion(1, "approved", content("The look of calmer skin", { disclaimer: "In a study of 40 people", disclaimer_within_s: 15, expires_at: iso(9) }))], [step(1, "approved", "Ada Byron")]),
  claim("c-3", null, [claimVersion(1, "approved", content("Made without palm oil", { expires_at: iso(-3) }))], [step(1, "approved", "Ada Byron")]),
  claim("c-4", "p-candle", [claimVersion(1, "draft", content("Burns for sixty hours"))], [step(1, "drafted", "Joe Calloway")]),
];

const RULES: readonly Omit<LineCheck, "segment" | "line" | "quote" | "start" | "end">[] = [
  { rule: "R1", rule_title: "A disease claim for something that is not a drug", verdict: "block", reason: "says that it acts on a disease. Not denied, not asked, no approved claim says it.", citation: "21 CFR 101.93(g)", say_instead: "Say how it looks or feels." },
  { rule: "R10", rule_title: "A superlative that could be measured", verdict: "hold", reason: "A superlative without evidence.", citation: "FTC Act section 5", say_instead: "Say that it is your favorite." },
];
const PATTERNS = [/cures \w+/i, /\bthe best\b/i];

function check(segments: readonly Segment[]): Checks {
  const findings = segments.flatMap((segment, s) =>
    segment.lines.flatMap((line, l) =>
      RULES.flatMap((rule, r) => {
        const found = PATTERNS[r]?.exec(line);
        return found ? [{ ...rule, segment: s, line: l, quote: found[0], start: found.index, end: found.index + found[0].length }] : [];
      }),
    ),
  );
  return { at: new Date().toISOString(), findings };
}

const SERUM: Segment = { title: "Serum", policy: "strict", product_id: "p-serum", cue_id: "cue-1", lines: ["This is the Rainfall serum.", "What I love is that it sinks in within a minute.", "It smells of rain, a little bit of moss, nothing loud."] };
const HELLO: Segment = { title: "Hello", policy: "guided", product_id: null, cue_id: null, lines: ["Hello everybody and welcome back to Slow Morning Live.", "I am paid to host this show by Quiet Acre, so you know."] };
const QUESTIONS: Segment = { title: "Questions", policy: "free", product_id: null, cue_id: null, lines: [] };
const scriptVersion = (version: number, state: ScriptVersion["state"], segments: Segment[]): ScriptVersion => ({
  version,
  revision: 1,
  state,
  segments,
  checks: state === "draft" ? null : check(segments),
  signed_by: state === "signed" ? "Ada Byron" : null,
  signed_at: state === "signed" ? iso(-1) : null,
});
const script = (id: string, title: string, versions: ScriptDetail["versions"], authors: string[]): ScriptDetail => ({ id, shop_id: SHOP.id, title, market: "us-en", versions, steps: [step(1, "drafted", "Joe Calloway")], pins: [], authors });
const scripts: ScriptDetail[] = [
  script("s-1", "Slow Morning", [scriptVersion(1, "signed", [HELLO, SERUM, QUESTIONS])], ["person-2"]),
  script("s-2", "The evening", [scriptVersion(2, "review", [{ ...SERUM, lines: ["This is the best serum.", "It cures eczema."] }]), scriptVersion(1, "signed", [SERUM])], ["person-2"]),
];
scripts[0]?.pins.push({ show_id: "show-1", script_id: "s-1", version: 1, pinned_at: iso(-1) });

const cardOf = (one: ClaimDetail): ClaimCard => ({ id: one.id, product_id: one.product_id, market: one.market, latest: one.versions[0], in_force: one.versions.find((each) => each.state === "approved") ?? null });
function scriptCard(one: ScriptDetail): ScriptCard {
  const [latest] = one.versions;
  const verdicts = latest.checks?.findings.map((each) => each.verdict);
  return {
    id: one.id,
    title: one.title,
    market: one.market,
    latest_version: latest.version,
    state: latest.state,
    signed_version: one.versions.find((each) => each.state === "signed")?.version ?? null,
    segments: latest.segments.length,
    lines: latest.segments.flatMap((each) => each.lines).length,
    worst: verdicts ? ((["block", "hold", "note"] as const).find((each) => verdicts.includes(each)) ?? "clear") : null,
    shows: one.pins.map((pin) => pin.show_id),
  };
}

/** What the body of a call may hold; each call reads its own part. */
type Body = Partial<ClaimContent> & { comment?: string; approve?: boolean; sign?: boolean; title?: string; market?: string; product_id?: string | null; segments?: Segment[]; show_id?: string; version?: number };

/** `parts` after /api/desk; null when it is not the desk's claims and scripts. */
export function deskLibrary(method: string, parts: string[], query: URLSearchParams, body: Body, by: string): unknown {
  const [kind, id, what, more] = parts;
  if (kind === "shops" && what === "script-choices") return choices;
  if (kind === "shops" && what === "claims") return claimsCall(method, more, body, by);
  if (kind === "shops" && what === "scripts") return scriptsCall(method, more, body, by);
  if (kind === "claims") return claimCall(method, found(claims, id), what, body, by);
  if (kind === "scripts") return scriptCall(method, found(scripts, id), what, more, query, body, by);
  return null;
}

/** GET /api/control/shows/{id}/script. */
export function scriptOnAir(show_id: string, said: ScriptOnAir["said"]): { script: ScriptOnAir | null } {
  const pinned = scripts.find((one) => one.pins.some((pin) => pin.show_id === show_id));
  const version = pinned?.versions.find((one) => one.version === pinned.pins.find((pin) => pin.show_id === show_id)?.version);
  return { script: pinned && version ? { script_id: pinned.id, title: pinned.title, version: version.version, segments: version.segments, said } : null };
}

function found<T extends { id: string }>(list: readonly T[], id: string | undefined): T {
  const one = list.find((each) => each.id === id);
  if (!one) throw new DeskRefusal(404, "not_found", "There is nothing of that name.");
  return one;
}

function claimsCall(method: string, more: string | undefined, body: Body, by: string): unknown {
  if (more === "import") return { imported: 2, updated: 1, unchanged: 0, skipped_rows: [{ line: 4, problem: "there is no product “serom”" }] };
  if (method === "GET") return { claims: claims.map(cardOf) };
  const made = claim(`c-${claims.length + 1}`, body.product_id ?? null, [claimVersion(1, "draft", contentOf(body))], [step(1, "drafted", by)]);
  claims.push(made);
  return made;
}

const contentOf = (body: Body): ClaimContent => content(body.wording ?? "", { disclaimer: body.disclaimer ?? null, disclaimer_within_s: body.disclaimer_within_s ?? null, expires_at: body.expires_at ?? null, file_id: body.file_id ?? null });

function claimCall(method: string, one: ClaimDetail, what: string | undefined, body: Body, by: string): unknown {
  const [latest] = one.versions;
  const told = (name: string) => one.steps.push(step(one.versions[0].version, name, by, body.comment ?? ""));
  if (what === "files") {
    one.files.push({ id: `file-${one.files.length + 1}`, name: "study.pdf", content_type: "application/pdf", size_bytes: 240_000, sha256: "5f".repeat(32), uploaded_at: new Date().toISOString(), uploaded_by: by });
    return { id: `file-${one.files.length}` };
  }
  if (method === "PUT" && latest.state !== "draft" && latest.state !== "review") {
    one.versions.unshift(claimVersion(latest.version + 1, "draft", contentOf(body)));
    told("drafted");
  } else if (method === "PUT") {
    Object.assign(latest, claimVersion(latest.version, "draft", contentOf(body)));
    told("edited");
  } else if (what === "submit") {
    latest.state = "review";
    told("submitted");
  } else if (what === "decision") {
    if (body.approve) for (const each of one.versions) if (each.state === "approved") each.state = "superseded";
    latest.state = body.approve ? "approved" : "rejected";
    told(latest.state);
  } else if (what === "withdraw") {
    for (const each of one.versions) if (each.state === "approved") each.state = "withdrawn";
    told("withdrawn");
  } else if (what === "comments") told("commented");
  return one;
}

function scriptsCall(method: string, more: string | undefined, body: Body, by: string): unknown {
  if (more === "check") return check(body.segments ?? []);
  if (method === "GET") return { scripts: scripts.map(scriptCard) };
  const made = { ...script(`s-${scripts.length + 1}`, body.title ?? "", [scriptVersion(1, "draft", body.segments ?? [])], ["person-2"]), steps: [step(1, "drafted", by)] };
  scripts.push(made);
  return made;
}

function scriptCall(method: string, one: ScriptDetail, what: string | undefined, more: string | undefined, query: URLSearchParams, body: Body, by: string): unknown {
  const [latest] = one.versions;
  const told = (name: string, comment = body.comment ?? "") => one.steps.push(step(one.versions[0].version, name, by, comment));
  if (what === "redlines") {
    const linesOf = (version: string | null) => one.versions.find((each) => String(each.version) === version)?.segments.flatMap((each) => each.lines) ?? [];
    const [older, newer] = [linesOf(query.get("from")), linesOf(query.get("to"))];
    return {
      lines: Array.from({ length: Math.max(older.length, newer.length) }, (_, i) => {
        const pieces = redline(older[i] ?? "", newer[i] ?? "");
        return { kind: older[i] === newer[i] ? "same" : older[i] === undefined ? "come" : newer[i] === undefined ? "gone" : "changed", pieces };
      }),
    };
  }
  if (method === "PUT" && latest.state !== "draft" && latest.state !== "review") {
    one.versions.unshift(scriptVersion(latest.version + 1, "draft", body.segments ?? []));
    told("drafted");
  } else if (method === "PUT") {
    Object.assign(latest, scriptVersion(latest.version, "draft", body.segments ?? []));
    told("edited");
  } else if (what === "submit") {
    Object.assign(latest, { state: "review", checks: check(latest.segments) });
    told("submitted");
  } else if (what === "decision") {
    if (body.sign) for (const each of one.versions) if (each.state === "signed") each.state = "superseded";
    Object.assign(latest, body.sign ? { state: "signed", signed_by: by, signed_at: new Date().toISOString() } : { state: "rejected" });
    told(latest.state);
  } else if (what === "pins" && method === "DELETE") {
    one.pins = one.pins.filter((pin) => pin.show_id !== more);
    told("unpinned", more);
  } else if (what === "pins") {
    one.pins = [...one.pins.filter((pin) => pin.show_id !== body.show_id), { show_id: body.show_id ?? "", script_id: one.id, version: body.version ?? 1, pinned_at: new Date().toISOString() }];
    told("pinned", body.show_id);
  } else if (what === "comments") told("commented");
  return one;
}
