/** The facts of a finding as rows to compare: what was said beside what holds. Pure.
 *
 * Facts arrive as an open record. Pairs are recognised wherever they stand (`{spoken, live}`, inside a named fact, or
 * in a list); everything else is a fact by itself. */

export type FactRow = { label: string; spoken: string | null; live: string | null };

const SPOKEN = ["spoken", "said", "claimed"];
const LIVE = ["live", "fact", "actual", "record"];
const ROWS_MAX = 8;
const LENGTH_MAX = 160;

export function factRows(facts: Record<string, unknown>): FactRow[] {
  const rows: FactRow[] = [];
  const pair = pairOf(facts);
  if (pair) rows.push({ label: labelOf(facts, "Said and live"), ...pair });
  for (const [key, value] of Object.entries(facts)) {
    if (pair && (SPOKEN.includes(key) || LIVE.includes(key) || isName(key))) continue;
    if (Array.isArray(value) && value.some((one) => pairOf(one))) {
      for (const one of value) {
        const inner = pairOf(one);
        if (inner) rows.push({ label: labelOf(one as Record<string, unknown>, key), ...inner });
      }
    } else {
      const inner = pairOf(value);
      rows.push(inner ? { label: readable(key), ...inner } : { label: readable(key), spoken: null, live: say(value) });
    }
  }
  return rows.filter((row) => (row.spoken ?? "") !== "" || (row.live ?? "") !== "").slice(0, ROWS_MAX);
}

function pairOf(value: unknown): { spoken: string | null; live: string | null } | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const record = value as Record<string, unknown>;
  const spoken = SPOKEN.find((key) => key in record);
  const live = LIVE.find((key) => key in record);
  if (!spoken && !live) return null;
  return { spoken: spoken ? say(record[spoken]) : null, live: live ? say(record[live]) : null };
}

const isName = (key: string) => key === "name" || key === "kind" || key === "key";

function labelOf(record: Record<string, unknown>, otherwise: string): string {
  const name = record["name"] ?? record["key"] ?? record["kind"];
  return readable(typeof name === "string" ? name : otherwise);
}

/** "lowest_price_30d" → "Lowest price 30d". */
function readable(key: string): string {
  const words = key.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function say(value: unknown): string {
  if (value === null || value === undefined) return "unknown";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return cut(value.map(say).join(", ")) || "none";
  if (typeof value === "object") {
    const record = value as Record<string, unknown>;
    return cut(
      Object.entries(record)
        .map(([key, inner]) => `${readable(key).toLowerCase()} ${say(inner)}`)
        .join(", "),
    );
  }
  if (typeof value === "string" && MOMENT.test(value)) return new Date(value).toLocaleTimeString("en-GB");
  return cut(String(value as string | number));
}

/** A moment as the facts write it; a show lasts hours, so the time of day says it. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

const cut = (text: string) => (text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX - 1)}…` : text);
