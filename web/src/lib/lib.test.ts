import { describe, expect, it } from "vitest";
import { accentFor, contrast, parseHex } from "./accent";
import { newUuid } from "./ids";
import { find, match } from "./router";
import { formatCount, formatCountdown, formatPosition, formatUntil, spokenDuration, US_PER_S } from "./time";

describe("time", () => {
  it("counts down, rounding up", () => {
    expect(formatCountdown(48 * US_PER_S)).toBe("0:48");
    expect(formatCountdown(47.01 * US_PER_S)).toBe("0:48");
    expect(formatCountdown(1)).toBe("0:01");
    expect(formatCountdown(0)).toBe("0:00");
    expect(formatCountdown(-5)).toBe("0:00");
    expect(formatCountdown(3723 * US_PER_S)).toBe("1:02:03");
  });

  it("shows positions, rounding down", () => {
    expect(formatPosition(61.9 * US_PER_S)).toBe("1:01");
  });

  it("speaks durations", () => {
    expect(spokenDuration(125 * US_PER_S)).toBe("2 minutes 5 seconds");
    expect(spokenDuration(1 * US_PER_S)).toBe("1 second");
    expect(spokenDuration(0)).toBe("0 seconds");
  });

  it("says how long until", () => {
    const now = new Date("2025-11-22T18:00:00Z");
    expect(formatUntil(new Date("2025-11-22T18:05:00Z"), now, "en")).toBe("in 5 minutes");
    expect(formatUntil(new Date("2025-11-22T17:59:00Z"), now, "en")).toBeNull();
  });

  it("counts viewers", () => {
    expect(formatCount(1204, "en")).toBe("1,204");
    expect(formatCount(12_345, "en")).toBe("12.3K");
  });
});

describe("router", () => {
  it("matches named parts", () => {
    expect(match("/receipt/:id", "/receipt/42")).toEqual({ id: "42" });
    expect(match("/receipt/:id", "/receipt/a%20b/")).toEqual({ id: "a b" });
    expect(match("/receipt/:id", "/receipt")).toBeNull();
    expect(match("/receipt/:id", "/receipt/%E0%A4%A")).toBeNull();
    expect(match("/", "/")).toEqual({});
  });

  it("takes the first route that fits", () => {
    expect(find([["/a/b", 1], ["/a/:x", 2]] as const, "/a/b")?.target).toBe(1); // prettier-ignore
    expect(find([["/a/:x", 2]] as const, "/c")).toBeNull();
  });
});

describe("ids", () => {
  it("makes version 4 UUIDs without a secure context", () => {
    const insecure = { getRandomValues: crypto.getRandomValues.bind(crypto) };
    const made = new Set(Array.from({ length: 100 }, () => newUuid(insecure)));
    expect(made.size).toBe(100);
    for (const id of made) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe("accent", () => {
  const surface = { light: [240, 241, 244], dark: [29, 32, 37] } as const;
  const rgb = (css: string) => css.match(/\d+/g)?.map(Number) as unknown as readonly [number, number, number];

  it.each(["#ff5a36", "#ffe14d", "#0d3b2e", "#777", "#00a3ff", "#ffffff", "#000000"])("keeps %s legible", (hex) => {
    for (const theme of ["light", "dark"] as const) {
      const accent = accentFor(hex, theme);
      expect(accent).not.toBeNull();
      if (!accent) return;
      expect(contrast(rgb(accent.accent), rgb(accent.on))).toBeGreaterThanOrEqual(4.5);
      expect(contrast(rgb(accent.ink), surface[theme])).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("refuses what is not a colour", () => {
    expect(parseHex("red")).toBeNull();
    expect(parseHex("#12345")).toBeNull();
    expect(accentFor("url(x)", "dark")).toBeNull();
  });
});
