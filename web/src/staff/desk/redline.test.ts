import { expect, it } from "vitest";
import { redline } from "./redline";

it("compares two wordings word by word", () => {
  expect(redline("hydrates for 24 hours", "hydrates skin for 48 hours")).toEqual([
    { kind: "same", text: "hydrates" },
    { kind: "come", text: "skin" },
    { kind: "same", text: "for" },
    { kind: "gone", text: "24" },
    { kind: "come", text: "48" },
    { kind: "same", text: "hours" },
  ]);
  expect(redline("same words", "same words")).toEqual([{ kind: "same", text: "same words" }]);
  expect(redline("", "all new")).toEqual([{ kind: "come", text: "all new" }]);
});
