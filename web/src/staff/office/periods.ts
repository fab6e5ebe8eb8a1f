/** Periods of a statement: whole days in the reader's own zone, first and last included. Pure. */

export type Period = { first: string; last: string };

const pad = (n: number) => String(n).padStart(2, "0");

/** "2025-11-03", as date fields want it. */
export function dayOf(date: Date): string {
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

export function presets(today: Date): { key: string; label: string; period: Period }[] {
  const [year, month, day] = [today.getFullYear(), today.getMonth(), today.getDate()];
  const period = (first: Date, last: Date) => ({ first: dayOf(first), last: dayOf(last) });
  return [
    { key: "today", label: "Today", period: period(today, today) },
    { key: "week", label: "7 days", period: period(new Date(year, month, day - 6), today) },
    { key: "month", label: "This month", period: period(new Date(year, month, 1), today) },
    { key: "last-month", label: "Last month", period: period(new Date(year, month - 1, 1), new Date(year, month, 0)) },
  ];
}

/** The period as moments [from, to): midnight before the first day to midnight after the last; null when it is none. */
export function bounds(period: Period): { from: string; to: string } | null {
  const from = new Date(`${period.first}T00:00:00`);
  const last = new Date(`${period.last}T00:00:00`);
  if (Number.isNaN(from.getTime()) || Number.isNaN(last.getTime()) || from > last) return null;
  const to = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
  return { from: from.toISOString(), to: to.toISOString() };
}
