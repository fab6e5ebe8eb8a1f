import { describe, expect, it } from "vitest";
import { parcelLine, parcelsOf, percentOfPpm, placesOf, scaled, stepsOf } from "./terms_api";

const cents = (text: string) => scaled(text, 2);

describe("terms as they are typed", () => {
  it("reads places however they are parted", () => {
    expect(placesOf(" de, at;us-ca\n*")).toEqual(["DE", "AT", "US-CA", "*"]);
  });

  it("reads figures without rounding anything away", () => {
    expect(["4.95", "4.9", "30", "4.955", "-1", "x", ""].map(cents)).toEqual([495, 490, 3000, null, null, null, null]);
    expect(scaled("1.5", 3)).toBe(1500);
    expect(scaled("1.5", 0)).toBeNull();
  });

  it("reads fees a line each, and none when a line is wrong", () => {
    expect(stepsOf("0: 4.95\n30: 2.95\n", cents, cents)).toEqual([
      { from_measure: 0, fee_minor: 495 },
      { from_measure: 3000, fee_minor: 295 },
    ]);
    for (const wrong of ["", "4.95", "0: free", "0: 1: 2"]) expect(stepsOf(wrong, cents, cents)).toBeNull();
  });

  it("reads parcels a line each, and writes them as they were", () => {
    const two = parcelsOf("1: 20 x 15 x 10\n2.5: 40×30×20.5\n");
    expect(two).toEqual([
      { up_to_grams: 1000, length_mm: 200, width_mm: 150, height_mm: 100 },
      { up_to_grams: 2500, length_mm: 400, width_mm: 300, height_mm: 205 },
    ]);
    expect(two?.map(parcelLine)).toEqual(["1: 20 x 15 x 10", "2.5: 40 x 30 x 20.5"]);
    for (const wrong of ["", "1", "1: 20 x 15", "1: 20 x 15 x 10 x 5", "a: 20 x 15 x 10", "1: 20 x 15 x 10.55"]) expect(parcelsOf(wrong)).toBeNull();
  });

  it("says rates as percentages", () => {
    expect([190_000, 88_750, 0].map(percentOfPpm)).toEqual(["19 %", "8.875 %", "0 %"]);
  });
});
