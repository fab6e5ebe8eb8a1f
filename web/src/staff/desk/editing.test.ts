import { describe, expect, it } from "vitest";
import { draftOf, emptyDraft, linesOf, minutesOf, moved, problemsOf, segmentOf, segmentsOfShow } from "./editing";
import type { Segment } from "./types";

const SERUM: Segment = { title: "Serum", policy: "strict", product_id: "p-serum", cue_id: null, lines: ["It hydrates.", "Buy it."] };

describe("a script while it is written", () => {
  it("comes back as it was", () => {
    expect(segmentOf(draftOf(SERUM))).toEqual(SERUM);
  });

  it("takes each line of text for a line", () => {
    expect(linesOf("  One \n\n two   words\n")).toEqual(["One", "two words"]);
  });

  it("moves segments, not beyond the ends", () => {
    const drafts = ["a", "b", "c"].map((title) => emptyDraft(title));
    const titles = (list: typeof drafts) => list.map((one) => one.title).join("");
    expect(titles(moved(drafts, 0, 1))).toBe("bac");
    expect(titles(moved(drafts, 0, -1))).toBe("abc");
    expect(titles(moved(drafts, 2, 1))).toBe("abc");
    expect(titles(drafts)).toBe("abc");
  });

  it("says what stands in the way", () => {
    const free = { ...emptyDraft("Chat"), policy: "free" as const };
    expect(problemsOf([draftOf(SERUM), free])).toEqual(["", ""]);
    expect(problemsOf([emptyDraft(""), emptyDraft("Mug")])).toEqual(["A segment needs a title.", "Write its lines, or make it free."]);
    expect(problemsOf([{ ...free, text: "x".repeat(501) }])).toEqual(["A line has at most 500 characters: split it."]);
  });

  it("begins with a segment for each product of a run of show", () => {
    const cue = (id: string, kind: string, product_id: string | null) => ({ id, kind, product_id, label: `Cue ${id}` });
    const cues = [cue("1", "note", null), cue("2", "pin", "p-serum"), cue("3", "deal", "p-serum"), cue("4", "unpin", "p-mug"), cue("5", "pin", "p-mug")];
    const show = { id: "s", slug: "s", title: "Evening glow", state: "scheduled", market: "us-en", cues } as const;
    expect(segmentsOfShow({ ...show, cues: [...cues] })).toEqual([
      { title: "Cue 2", policy: "guided", product_id: "p-serum", cue_id: "2", lines: [] },
      { title: "Cue 5", policy: "guided", product_id: "p-mug", cue_id: "5", lines: [] },
    ]);
  });

  it("knows about how long it takes", () => {
    expect(minutesOf([{ ...emptyDraft("a"), text: "word ".repeat(300) }])).toBe(2);
  });
});
