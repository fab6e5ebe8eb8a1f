import { describe, expect, it } from "vitest";
import type { PromiseLine, ReportLine } from "./api";
import { chainInWords, dayInWords, promisesInWords, whyNotSign, yearsInWords } from "./words";

const promise = (verdict: PromiseLine["verdict"]): PromiseLine => ({ kind: "stock", quote: "two left", said_us: 1, verdict, reason: "" });
const intact = { intact: true, entries: 12, head: "ab", emptied: 0, broken: null };
const line = { ended_us: 2 } as ReportLine;

describe("the reports page", () => {
  it("counts promises, the gravest first", () => {
    expect(promisesInWords([promise("kept"), promise("broken"), promise("open"), promise("broken")])).toBe("2 broken, 1 open, 1 kept");
    expect(promisesInWords([])).toBe("");
  });

  it("says what the chain is", () => {
    expect(chainInWords(intact)).toBe("Intact: 12 entries");
    expect(chainInWords({ ...intact, emptied: 5 })).toBe("Intact: 12 entries, 5 of them emptied by retention");
    expect(chainInWords({ ...intact, intact: false, broken: { seq: 3, reason: "entry 3 is missing" } })).toBe("Broken at entry 3: entry 3 is missing");
  });

  it("says why a report cannot be signed", () => {
    expect(whyNotSign(line, intact)).toBeNull();
    expect(whyNotSign(line, null)).toBeNull();
    expect(whyNotSign({ ...line, ended_us: null }, intact)).toContain("on air");
    expect(whyNotSign(line, { ...intact, intact: false })).toContain("broken");
  });

  it("says the year of a day that is years away", () => {
    expect(dayInWords(Date.UTC(2029, 10, 23, 12) * 1000, "en-US")).toContain("Nov 23, 2029");
  });

  it("says years where they are whole", () => {
    expect(yearsInWords(1096)).toBe("3 years");
    expect(yearsInWords(365)).toBe("1 year");
    expect(yearsInWords(90)).toBe("90 days");
  });
});
