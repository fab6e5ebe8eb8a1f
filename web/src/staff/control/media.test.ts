import { describe, expect, it } from "vitest";
import type { MediaProcess } from "../../lib/types";
import { lampOf, linesOf, mayTake } from "./media";

const process = (change: Partial<MediaProcess> = {}): MediaProcess => ({
  name: "media-2",
  state: "up",
  cpu_permille: 184,
  started_us: 0,
  shows: [],
  others: 0,
  ...change,
});
const show = (moving_to: string | null = null) => ({ id: "mine", title: "Evening", moving_to });

describe("a media process", () => {
  it("says how busy it is and what it carries", () => {
    expect(linesOf(process(), "mine")).toEqual(["18 % of a core"]);
    expect(linesOf(process({ shows: [show()], others: 1 }), "mine")).toEqual(["18 % of a core", "Carries this show", "Carries one other show"]);
    expect(linesOf(process({ shows: [show("media-2")] }), "mine")[1]).toBe("This show is arriving");
    expect(linesOf(process({ shows: [show("media")], others: 2 }), "mine").slice(1)).toEqual(["This show goes to media", "Carries 2 other shows"]);
  });

  it("takes a show when it is up and has not got it", () => {
    expect(mayTake(process(), "mine")).toBe(true);
    expect(mayTake(process({ shows: [show()] }), "mine")).toBe(false);
    expect(mayTake(process({ state: "draining" }), "mine")).toBe(false);
    expect(mayTake(process({ state: "silent" }), "mine")).toBe(false);
  });

  it("has a lamp for each state", () => {
    expect(lampOf(process())).toEqual({ state: "safe", label: "Up" });
    expect(lampOf(process({ state: "draining" })).state).toBe("held");
    expect(lampOf(process({ state: "silent" })).label).toBe("No answer");
  });
});
