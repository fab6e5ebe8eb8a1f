/** Broadcasts with their reports, for developing the desk's page. Never part of a build. */
import type { ReportLine } from "../src/staff/desk/reports/api.ts";

const DAY = 86_400_000_000;

export function reports(now_us: number): ReportLine[] {
  const line = (id: string, title: string, days: number, more: Partial<ReportLine>): ReportLine => ({
    broadcast_id: id,
    title,
    started_us: now_us - days * DAY,
    ended_us: now_us - days * DAY + 3_600_000_000,
    blocks: 0,
    holds: 0,
    notes: 0,
    kept: 0,
    entries: 412,
    hold: null,
    signature: null,
    promises: [],
    deleted_on_us: now_us + (1096 - days) * DAY,
    emptied_us: null,
    ...more,
  });
  return [
    line("r-1", "Slow Morning Live", 0, { ended_us: null, deleted_on_us: null, blocks: 2, kept: 1, entries: 96 }),
    line("r-2", "The glaze that changed", 3, {
      blocks: 4,
      holds: 2,
      notes: 3,
      kept: 5,
      promises: [
        { kind: "stock", quote: "only two left of the cream", said_us: now_us, verdict: "broken", reason: "50 more pieces came into stock on 2026-11-24 09:00 UTC." },
        { kind: "deadline", quote: "this deal ends tonight", said_us: now_us, verdict: "open", reason: "Nothing speaks against it so far; looked at until 2026-11-30." },
      ],
    }),
    line("r-3", "An evening with the makers", 12, { blocks: 1, kept: 1, hold: { reason: "Complaint 2026-114", name: "Mara Lindqvist", placed_us: now_us - DAY }, deleted_on_us: null }),
    line("r-4", "Opening night", 1200, { emptied_us: now_us - 90 * DAY, deleted_on_us: null, signature: { name: "Ada Byron", wall_us: now_us - 1199 * DAY, entries: 400 } }),
  ];
}
