/** Programme time and wall time, in integer microseconds since the Unix epoch. */

export const US_PER_MS = 1_000;
export const US_PER_S = 1_000_000;

export function nowUs(): number {
  return Date.now() * US_PER_MS;
}

export function dateToUs(date: Date): number {
  return Math.round(date.getTime() * US_PER_MS);
}

export function usToDate(us: number): Date {
  return new Date(us / US_PER_MS);
}

/** "0:48", "12:05", "1:02:03". Rounded up: a countdown shows 0:01 until it is over. */
export function formatCountdown(remainingUs: number): string {
  const total = Math.max(0, Math.ceil(remainingUs / US_PER_S));
  const seconds = String(total % 60).padStart(2, "0");
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

/** A position in a recording: "0:00", "12:05". Rounded down. */
export function formatPosition(us: number): string {
  return formatCountdown(Math.floor(Math.max(0, us) / US_PER_S) * US_PER_S);
}

/** The same for ears: "48 seconds", "2 minutes 5 seconds". */
export function spokenDuration(remainingUs: number): string {
  const total = Math.max(0, Math.ceil(remainingUs / US_PER_S));
  const parts = [
    [Math.floor(total / 3600), "hour"],
    [Math.floor(total / 60) % 60, "minute"],
    [total % 60, "second"],
  ] as const;
  const spoken = parts.filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}${n === 1 ? "" : "s"}`);
  return spoken.join(" ") || "0 seconds";
}

/** "in 5 minutes", "in 2 days", or null when it is past. */
export function formatUntil(target: Date, now: Date, locale?: string): string | null {
  const seconds = Math.round((target.getTime() - now.getTime()) / 1000);
  if (seconds <= 0) return null;
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  if (seconds < 90) return format.format(seconds, "second");
  if (seconds < 90 * 60) return format.format(Math.round(seconds / 60), "minute");
  if (seconds < 36 * 3600) return format.format(Math.round(seconds / 3600), "hour");
  return format.format(Math.round(seconds / 86_400), "day");
}

/** "Sat 22 Nov, 19:00" in the reader's own zone. */
export function formatDateTime(date: Date, locale?: string): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "numeric",
    minute: "2-digit",
  }).format(date);
}

/** 950, "1,204", "12.3K". */
export function formatCount(count: number, locale?: string): string {
  return count < 10_000
    ? new Intl.NumberFormat(locale).format(count)
    : new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }).format(count);
}
