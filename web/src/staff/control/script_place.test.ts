import { describe, expect, it } from "vitest";
import type { ScriptOnAir } from "../desk/types";
import { missedLines, placeAtFirst, viewOf, withScriptLine, type ScriptLineEvent } from "./script_place";

const SCRIPT: ScriptOnAir = {
  script_id: "s",
  title: "Friday",
  version: 2,
  segments: [
    { title: "Hello", policy: "free", product_id: null, cue_id: null, lines: [] },
    { title: "Serum", policy: "strict", product_id: "p", cue_id: "c", lines: ["It hydrates.", "Buy it."] },
    { title: "Mug", policy: "guided", product_id: null, cue_id: null, lines: ["This mug."] },
  ],
  said: [],
};
const said = (segment: number, line: number, start_us: number) => ({ segment, line, start_us, end_us: start_us + 1, heard_permille: 900 });
const event = (change: Partial<ScriptLineEvent>): ScriptLineEvent => ({ segment: null, line: null, applies: 0, off: false, said: 0, lines: 3, new: [], ...change });

describe("the script on air", () => {
  it("begins before its first line", () => {
    expect(viewOf(placeAtFirst(SCRIPT))).toEqual({ title: "Hello", policy: "free", now: null, next: "It hydrates.", next_title: "Serum", said: 0, lines: 3, off: false });
  });

  it("takes up at the line that was said last, whatever its place", () => {
    const place = placeAtFirst({ ...SCRIPT, said: [said(1, 1, 20), said(1, 0, 30)] });
    expect(viewOf(place)).toMatchObject({ title: "Serum", policy: "strict", now: "It hydrates.", next: "Buy it.", said: 2 });
  });

  it("moves on with what is told", () => {
    const on = withScriptLine(placeAtFirst(SCRIPT), event({ segment: 1, line: 1, applies: 1, said: 2, new: [[1, 0], [1, 1]] }));
    expect(viewOf(on)).toMatchObject({ now: "Buy it.", next: "This mug.", next_title: "Mug", said: 2, off: false });
    const off = withScriptLine(on, event({ segment: 1, line: 1, applies: 1, off: true, said: 2 }));
    expect(viewOf(off)).toMatchObject({ now: "Buy it.", said: 2, off: true });
  });

  it("reads on where a cue calls", () => {
    const place = withScriptLine(placeAtFirst(SCRIPT), event({ segment: 1, line: 0, applies: 2, said: 1, new: [[1, 0]] }));
    expect(viewOf(place)).toMatchObject({ title: "Mug", policy: "guided", now: "It hydrates.", next: "This mug.", next_title: null });
  });

  it("ends after its last line", () => {
    const place = withScriptLine(placeAtFirst(SCRIPT), event({ segment: 2, line: 0, applies: 2, said: 1, new: [[2, 0]] }));
    expect(viewOf(place).next).toBeNull();
  });

  it("knows when lines were missed on the way", () => {
    expect(missedLines(placeAtFirst(SCRIPT), event({ said: 2, new: [[1, 0]] }))).toBe(true);
    expect(missedLines(placeAtFirst(SCRIPT), event({ said: 1, new: [[1, 0]] }))).toBe(false);
  });
});
