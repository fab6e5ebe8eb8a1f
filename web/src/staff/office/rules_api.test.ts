import { describe, expect, it } from "vitest";
import { milder, ownId, said } from "./rules_api";

describe("rules", () => {
  it("are only ever turned down", () => {
    expect(milder("block")).toEqual(["hold", "note", "off"]);
    expect(milder("note")).toEqual(["off"]);
    expect(milder("off")).toEqual([]);
  });

  it("of the shop's own get an id from their title", () => {
    expect(ownId("The founder is no doctor!")).toBe("S-the-founder-is-no-doctor");
    expect(ownId("Crème brûlée — never")).toBe("S-creme-brulee-never");
    expect(ownId("创始人")).toBe("S-rule");
    expect(ownId("a".repeat(60)).length).toBeLessThanOrEqual(30);
  });

  it("tell their changes in words", () => {
    expect(said({ kind: "set_level", rule: "R10", level: "note" })).toBe("R10 turned down to note");
    expect(said({ kind: "set_level", rule: "R10", level: null })).toBe("R10 as the market has it");
    expect(said({ kind: "add_word", word_class: "known_brand", word: "fen" })).toBe("“fen” counts as known brand");
  });
});
