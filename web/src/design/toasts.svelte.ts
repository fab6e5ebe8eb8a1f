/** Short messages that pass. At most three at a time; the oldest goes first. */
import type { IconName } from "./icons";

export type Toast = { id: number; text: string; icon: IconName; kind: "info" | "done" | "problem" };

const TOASTS_MAX = 3;
const SHOWN_MS = 5_000;
const ICON = { info: "info", done: "check", problem: "warning" } as const;

export const toasts = $state<Toast[]>([]);
let next_id = 1;

export function toast(text: string, kind: Toast["kind"] = "info"): void {
  const id = next_id++;
  toasts.push({ id, text, kind, icon: ICON[kind] });
  if (toasts.length > TOASTS_MAX) toasts.shift();
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  const index = toasts.findIndex((one) => one.id === id);
  if (index >= 0) toasts.splice(index, 1);
}
