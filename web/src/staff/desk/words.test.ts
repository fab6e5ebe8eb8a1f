import { describe, expect, it } from "vitest";
import type { ClaimCard, ClaimState, ClaimVersion, LineCheck, ScriptState } from "./types";
import { checksText, claimLight, claimsFiltered, dayOfExpiry, expiryOf, expiryOn, markedLine, scriptsFiltered, sizeText, stepText } from "./words";

function version(state: ClaimState, wording: string, expired = false): ClaimVersion {
  const content = { wording, disclaimer: null, disclaimer_within_s: null, expires_at: null, file_id: null };
  return { version: 1, revision: 1, state, content, approved_at: null, ended_at: null, expired };
}

function card(id: string, latest: ClaimVersion, in_force: ClaimVersion | null = null): ClaimCard {
  return { id, product_id: id === "brand" ? null : "p-serum", market: "us-en", latest, in_force };
}

const approved = version("approved", "Hydrates");
const stale = version("approved", "Aged well", true);
const CARDS = [
  card("a", approved, approved),
  card("brand", version("review", "No palm oil")),
  card("c", stale, stale),
  card("d", version("draft", "Softer"), approved),
  card("e", version("withdrawn", "Gone")),
];
const title = (id: string | null) => (id === null ? "Whole brand" : "Rainfall Serum");
const ids = (cards: ClaimCard[]) => cards.map((one) => one.id);

describe("claims", () => {
  it("says that an expired claim is no longer good", () => {
    expect(claimLight(approved)).toEqual({ lamp: "safe", label: "Approved" });
    expect(claimLight(stale)).toEqual({ lamp: "off", label: "Expired" });
  });

  it("puts first what waits for somebody", () => {
    expect(ids(claimsFiltered(CARDS, "all", "", title))).toEqual(["brand", "d", "c", "a", "e"]);
    expect(ids(claimsFiltered(CARDS, "open", "", title))).toEqual(["brand", "d"]);
    expect(ids(claimsFiltered(CARDS, "force", "", title))).toEqual(["d", "a"]);
    expect(ids(claimsFiltered(CARDS, "ended", "", title))).toEqual(["c", "e"]);
  });

  it("searches wording, product and market", () => {
    expect(ids(claimsFiltered(CARDS, "all", " PALM ", title))).toEqual(["brand"]);
    expect(ids(claimsFiltered(CARDS, "all", "whole brand", title))).toEqual(["brand"]);
    expect(ids(claimsFiltered(CARDS, "all", "uk-en", title))).toEqual([]);
  });

  it("means whole days by an expiry", () => {
    expect(expiryOf("2027-01-31")).toBe("2027-02-01T00:00:00.000Z");
    expect(dayOfExpiry("2027-02-01T00:00:00+00:00")).toBe("2027-01-31");
    expect(expiryOf("")).toBeNull();
    expect(dayOfExpiry(null)).toBe("");
    const at = (day: string, expired = false) => expiryOn("2027-02-01T00:00:00Z", expired, new Date(`${day}T12:00:00Z`), "en-GB");
    expect(at("2027-01-01")).toEqual({ text: "until 31 Jan 2027", state: "later" });
    expect(at("2027-01-15")).toEqual({ text: "until 31 Jan 2027, 16 days left", state: "soon" });
    expect(at("2027-01-30")).toEqual({ text: "until 31 Jan 2027, a day left", state: "soon" });
    expect(at("2027-01-31").text).toBe("until 31 Jan 2027, less than a day left");
    expect(at("2027-02-02", true)).toEqual({ text: "expired 31 Jan 2027", state: "expired" });
    expect(expiryOn(null, false, new Date())).toEqual({ text: "does not expire", state: "never" });
  });
});

describe("history", () => {
  it("reads as a sentence", () => {
    expect(stepText({ step: "submitted", version: 2, by: "Ada" })).toBe("Ada put version 2 into review");
    expect(stepText({ step: "approved", version: 1, by: "" })).toBe("The operator approved version 1");
  });
});

describe("a line with findings", () => {
  const check = (start: number, end: number, more: Partial<LineCheck> = {}) => ({ start, end, ...more }) as LineCheck;

  it("is not marked for words that are no longer there", () => {
    expect(markedLine("It soothes eczema", [check(3, 15, { quote: "cures eczema" })])).toEqual([{ text: "It soothes eczema", check: null }]);
  });

  it("is summed up with the worst first", () => {
    const found = (["note", "block", "note"] as const).map((verdict) => check(0, 1, { verdict }));
    expect(checksText(found)).toBe("1 would be stopped, 2 noted");
    expect(checksText([])).toBe("");
  });

  it("is cut where they begin and end", () => {
    const pieces = markedLine("It cures eczema now", [check(3, 15)]);
    expect(pieces.map((one) => [one.text, one.check !== null])).toEqual([
      ["It ", false],
      ["cures eczema", true],
      [" now", false],
    ]);
    expect(markedLine("All fine", [])).toEqual([{ text: "All fine", check: null }]);
  });

  it("counts characters as the server does", () => {
    expect(markedLine("🙌 cures acne", [check(2, 12)])[1]?.text).toBe("cures acne");
  });

  it("keeps the whole line when findings overlap", () => {
    const pieces = markedLine("cures eczema fast", [check(0, 12), check(6, 17)]);
    expect(pieces.map((one) => one.text).join("")).toBe("cures eczema fast");
  });
});

it("writes sizes for people", () => {
  expect([sizeText(20), sizeText(340_400), sizeText(2_100_000)]).toEqual(["1 kB", "340 kB", "2.1 MB"]);
});

describe("scripts", () => {
  const script = (id: string, state: ScriptState, signed_version: number | null, shows: string[] = []) => ({ id, title: id, market: "us-en", latest_version: 2, state, signed_version, segments: 1, lines: 1, worst: null, shows });
  const SCRIPTS = [script("Monday", "signed", 2, ["show-1"]), script("Friday", "review", 1), script("Old", "draft", null)];
  const found = (filter: "all" | "open" | "signed", search = "") => scriptsFiltered(SCRIPTS, filter, search, () => "Evening glow").map((one) => one.id);

  it("come with what waits for somebody first, and are found by their show", () => {
    expect(found("all")).toEqual(["Friday", "Old", "Monday"]);
    expect(found("open")).toEqual(["Friday", "Old"]);
    expect(found("signed")).toEqual(["Friday", "Monday"]);
    expect(found("all", " GLOW")).toEqual(["Monday"]);
  });
});
