/** The shop's accent made legible: what to write on it, and how to write with it on light and dark surfaces. */

type Rgb = readonly [number, number, number];

export type Accent = {
  accent: string;
  /** Text on the accent. */
  on: string;
  /** The accent as text, 4.5:1 against the theme's surfaces. */
  ink: string;
};

const SURFACE = { light: [240, 241, 244], dark: [29, 32, 37] } as const satisfies Record<string, Rgb>;
const DARK_TEXT: Rgb = [20, 22, 26];
const BLACK: Rgb = [0, 0, 0]; // where white just fails, black just passes
const LIGHT_TEXT: Rgb = [255, 255, 255];

/** "#rgb" or "#rrggbb"; null for anything else. */
export function parseHex(text: string): Rgb | null {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text.trim());
  const hex = short ? `#${short.slice(1).map((d) => d + d).join("")}` : text.trim();
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (!long) return null;
  const [red, green, blue] = long.slice(1).map((pair) => parseInt(pair, 16));
  return [red ?? 0, green ?? 0, blue ?? 0];
}

/** Relative luminance (WCAG 2.2). */
export function luminance([red, green, blue]: Rgb): number {
  const linear = (value: number) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

export function contrast(a: Rgb, b: Rgb): number {
  const [one, two] = [luminance(a), luminance(b)];
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}

/** Null for an accent that is not a colour; the tokens' own accent then stands. */
export function accentFor(hex: string, theme: "light" | "dark"): Accent | null {
  const colour = parseHex(hex);
  if (!colour) return null;
  const on = [LIGHT_TEXT, DARK_TEXT].find((text) => contrast(colour, text) >= 4.5) ?? BLACK;
  const towards: Rgb = theme === "light" ? [0, 0, 0] : [255, 255, 255];
  let ink: Rgb = colour;
  for (let step = 1; contrast(ink, SURFACE[theme]) < 4.5 && step <= 20; step += 1) ink = mix(colour, towards, step / 20);
  return { accent: css(colour), on: css(on), ink: css(ink) };
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return [0, 1, 2].map((i) => Math.round((from[i] ?? 0) * (1 - share) + (to[i] ?? 0) * share)) as unknown as Rgb;
}

function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}
