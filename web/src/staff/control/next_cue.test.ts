import { expect, test } from "vitest";
import type { Cue } from "../../lib/types";
import { nextCue } from "./next_cue";

const cue = (position: number, fired_us: number | null = null): Cue => ({
  id: `c${position}`,
  position,
  kind: "note",
  label: "",
  line: "",
  product_id: null,
  deal_id: null,
  fired_us,
});

test("the next cue follows the one fired last, whatever was skipped", () => {
  expect(nextCue([cue(2), cue(1)])?.id).toBe("c1");
  expect(nextCue([cue(1, 10), cue(2), cue(3)])?.id).toBe("c2");
  expect(nextCue([cue(1), cue(2, 10), cue(3)])?.id).toBe("c3");
  expect(nextCue([cue(1, 30), cue(2, 10), cue(3, 20)])?.id).toBe("c2");
});

test("after the last one there is none", () => {
  expect(nextCue([cue(1, 10), cue(2, 20)])).toBeNull();
  expect(nextCue([])).toBeNull();
});
