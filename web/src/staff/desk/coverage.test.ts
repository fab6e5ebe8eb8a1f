import { expect, it } from "vitest";
import { coverageOf } from "./coverage";
import type { Segment } from "./types";

const segment = (...lines: string[]): Segment => ({ title: "", policy: "free", product_id: null, cue_id: null, lines });

it("counts a line once and names those that were not said", () => {
  const segments = [segment("a", "b"), segment(), segment("c")];
  const said = [{ segment: 0, line: 1 }, { segment: 0, line: 1 }, { segment: 7, line: 0 }];
  expect(coverageOf({ segments, said })).toEqual({ said: 1, lines: 3, missing: [{ segment: 0, line: 0 }, { segment: 2, line: 0 }] });
});
