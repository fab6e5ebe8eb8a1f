import { expect, it } from "vitest";
import type { Finding } from "../../lib/types";
import { becameOf, coverageOf } from "./coverage";
import type { Segment } from "./types";

const segment = (...lines: string[]): Segment => ({ title: "", policy: "free", product_id: null, cue_id: null, lines });

it("counts a line once and names those that were not said", () => {
  const segments = [segment("a", "b"), segment(), segment("c")];
  const said = [{ segment: 0, line: 1 }, { segment: 0, line: 1 }, { segment: 7, line: 0 }];
  expect(coverageOf({ segments, said })).toEqual({ said: 1, lines: 3, missing: [{ segment: 0, line: 0 }, { segment: 2, line: 0 }] });
});

it("never says that a stretch aired when a rule stopped something in it", () => {
  const finding = (over: Partial<Finding>) => ({ rule: "SCRIPT", verdict: "note", start_us: 10, end_us: 50, outcome: null, ...over }) as Finding;
  const stretch = finding({});
  const stop = finding({ rule: "R1", verdict: "block", start_us: 30, end_us: 40, outcome: "bleeped" });
  expect(becameOf(stretch, [stretch])).toBe("noted, aired");
  expect(becameOf(stretch, [stretch, stop, { ...stop, outcome: "covered" }])).toBe("noted; not aired of it: R1");
  expect(becameOf(stretch, [{ ...stop, start_us: 50, end_us: 60 }, { ...stop, outcome: "cleared" }])).toBe("noted, aired");
  expect(becameOf(stretch, [{ ...stop, outcome: null }])).toBe("noted, something in it not decided yet");
  expect(becameOf(finding({ verdict: "hold", outcome: "covered" }), [stop])).toBe("covered");
});
