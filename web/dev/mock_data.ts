/** A made-up shop for work on the screens alone. */
import type { Money, Product, ShopRef } from "../src/lib/types.ts";

export const usd = (minor: number): Money => ({ minor, currency: "USD" });

export const SHOP: ShopRef = { id: "shop-1", slug: "quiet-acre", name: "Quiet Acre", accent: "#0f6b66", currency: "USD" };

type Row = [handle: string, title: string, hue: number, was: number | null, variants: [string, number, number][]];

const ROWS: Row[] = [
  ["serum", "Rainfall hydrating serum", 168, null, [["30 ml", 3200, 24], ["50 ml", 4600, 9]]],
  ["cream", "Slow Morning everyday face cream", 32, 2900, [["50 ml", 2600, 40]]],
  ["candle", "Cedar and smoke candle", 18, null, [["Small", 1800, 12], ["Large", 3400, 3], ["Refill", 1400, 0]]],
  ["robe", "Waffle robe", 45, null, [["S", 6800, 4], ["M", 6800, 7], ["L", 6800, 0], ["XL", 6800, 2]]],
  ["tea", "Meadow tea, loose leaf", 92, null, [["100 g", 1250, 60]]],
  ["mug", "Speckled stoneware mug", 210, 2400, [["Sand", 1900, 15], ["Slate", 1900, 11]]],
  ["soap", "Oat and honey soap, three bars", 40, null, [["Set of 3", 1600, 0]]],
  ["mask", "Silk sleep mask with an unusually long name that has to wrap somewhere", 280, null, [["One size", 2200, 30]]],
];

export function products(): Product[] {
  return ROWS.map(([handle, title, hue, was, variants], i) => ({
    id: `p-${handle}`,
    handle,
    title,
    vendor: SHOP.name,
    description:
      "Light enough for every morning. It sinks in within a minute and leaves nothing behind.\n\nMade in small batches. Keep it away from direct sun.",
    photos: i === 4 ? [] : [0, 1].map((n) => ({ url: `/media/products/${handle}-${hue}-${n}.svg`, alt: title })),
    variants: variants.map(([name, price, available], n) => ({
      id: `v-${handle}-${n}`,
      title: name,
      sku: `${handle.toUpperCase()}-${n}`,
      price: usd(price),
      compare_at: was === null ? null : usd(was),
      available,
      options: { [handle === "robe" ? "Size" : "Kind"]: name },
    })),
  }));
}

/** A drawn stand-in for a photograph: a bottle in the product's colour. */
export function photo(name: string): string {
  const [, hue, n] = /-(\d+)-(\d)\.svg$/.exec(name) ?? [];
  const h = Number(hue ?? 0);
  const turn = n === "1" ? 40 : 0;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400"><defs><linearGradient id="g" x2="1" y2="1">
<stop stop-color="hsl(${h + turn} 35% 88%)"/><stop offset="1" stop-color="hsl(${h + 20} 30% 72%)"/></linearGradient></defs>
<rect width="400" height="400" fill="url(#g)"/><ellipse cx="200" cy="338" rx="110" ry="14" fill="hsl(${h} 30% 30% / .25)"/>
<rect x="${130 + turn}" y="140" width="${140 - turn}" height="195" rx="26" fill="hsl(${h} 32% 42%)"/>
<rect x="172" y="86" width="56" height="60" rx="8" fill="hsl(${h + 10} 40% 80%)"/>
<rect x="150" y="205" width="100" height="70" rx="4" fill="hsl(${h} 30% 94%)"/></svg>`;
}

export const CHATTERS = ["Maya", "Jonas", "Priya", "Tomás", "Wren", "Aiko", "Bea", "Sam K."];
export const SAYINGS = [
  "just got here, what did I miss?",
  "is the serum ok for oily skin?",
  "ordered two 🙌",
  "the robe looks so soft",
  "does it ship to Canada?",
  "love this",
  "how long does the deal last? I am on the train and my connection keeps dropping, please say it again",
  "got the candle last time, the whole flat smells of cedar",
];
export const CAPTIONS = [
  "Hi everyone, and welcome to Quiet Acre.",
  "It's light, it sinks right in,",
  "and the regular price is thirty two dollars.",
  "And now it is flash deal time!",
  "It [bleep], and that is all I will say.",
];
