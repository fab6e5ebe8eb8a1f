import { describe, expect, it } from "vitest";
import type { Agreement, CapRequest } from "./api";
import { askedFirst, dealsOf, openRequests, waitingFor } from "./requests";

const asked = (deal_title: string, asked_us: number, change: Partial<CapRequest> = {}): CapRequest => ({
  funder: 0, deal_title, cap: "budget", minor: 400, asked_us, answered_us: null, answer: null, ...change,
});
const agreement = (...requests: CapRequest[]) => ({ requests }) as unknown as Agreement;

describe("what a funder is asked", () => {
  it("is one question a cap, since the first deal stood still", () => {
    const given = agreement(asked("Gift", 9, { cap: "day" }), asked("B", 5), asked("A", 3), asked("Old", 1, { answered_us: 2, answer: "raised" }));
    expect(openRequests(given).map((one) => [one.cap, one.asked_us])).toEqual([["day", 9], ["budget", 3]]);
    expect(dealsOf(given, asked("A", 3))).toBe("“A” and “B” stand still");
    expect(dealsOf(given, asked("Gift", 9, { cap: "day" }))).toBe("“Gift” stands still");
  });

  it("comes first in the inbox, and is counted for who decides", () => {
    const quiet = { requests: [asked("Old", 1, { answered_us: 2, answer: "kept" })], mine: [0] } as unknown as Agreement;
    const mine = { requests: [asked("A", 3), asked("Gift", 9, { cap: "day" })], mine: [0] } as unknown as Agreement;
    const theirs = { requests: [asked("B", 3, { funder: 1 })], mine: [0] } as unknown as Agreement;
    expect(askedFirst([quiet, mine, theirs])).toEqual([mine, theirs, quiet]);
    expect(waitingFor([quiet, mine, theirs])).toBe(2);
  });
});
