/** A shop's rules: what the market says, and what the shop changed. */
import { call, type CallOptions } from "../../lib/api";

export type Level = "off" | "note" | "hold" | "block";

export type RuleChange =
  | { kind: "set_level"; rule: string; level: Level | null }
  | { kind: "set_rule"; rule: string; title: string; severity: Exclude<Level, "off">; phrases: string[]; say_instead: string }
  | { kind: "remove_rule"; rule: string }
  | { kind: "add_word" | "remove_word"; word_class: string; word: string }
  | { kind: "add_rival" | "remove_rival"; name: string };

/** A change as it stands in the log. `by` null: the installation's administrator. */
export type LoggedChange = { id: number; market: string; change: RuleChange; reason: string; by: string | null; at: string };

export type RuleLine = {
  id: string;
  title: string;
  /** The gravest verdict that the market has for it. */
  severity: Level;
  /** What is in force in this shop. */
  level: Level;
  citation: string;
  say_instead: string;
  own: boolean;
  phrases: string[];
  change: LoggedChange | null;
};

export type RulesView = {
  market: string;
  markets: { id: string; name: string }[];
  rules: RuleLine[];
  absent: Record<string, string>;
  word_classes: string[];
  words: LoggedChange[];
  rivals: string[];
  /** Newest first. */
  changes: LoggedChange[];
};

const address = (shopId: string, market: string) =>
  `/api/office/shops/${encodeURIComponent(shopId)}/compliance/rules?market=${encodeURIComponent(market)}`;

export const getRules = (shopId: string, market: string, options?: CallOptions) =>
  call<RulesView>("GET", address(shopId, market), undefined, options);

export const putRules = (shopId: string, market: string, change: RuleChange, reason: string) =>
  call<RulesView>("PUT", address(shopId, market), { change, reason });

export const LEVELS: readonly Level[] = ["block", "hold", "note", "off"];

/** What a level does to the words, said in a few of ours. */
export const LEVEL_WORDS: Record<Level, { name: string; does: string }> = {
  block: { name: "Block", does: "never airs" },
  hold: { name: "Hold", does: "waits for the desk" },
  note: { name: "Note", does: "airs, and is on record" },
  off: { name: "Off", does: "is not looked for" },
};

/** The levels that a shop may turn a rule of this severity down to. */
export function milder(severity: Level): Level[] {
  return LEVELS.slice(LEVELS.indexOf(severity) + 1);
}

/** A change in a few words, for the log. */
export function said(change: RuleChange): string {
  switch (change.kind) {
    case "set_level":
      return change.level === null ? `${change.rule} as the market has it` : `${change.rule} turned down to ${LEVEL_WORDS[change.level].name.toLowerCase()}`;
    case "set_rule":
      return `Own rule ${change.rule}: ${change.title}`;
    case "remove_rule":
      return `Own rule ${change.rule} removed`;
    case "add_word":
      return `“${change.word}” counts as ${change.word_class.replaceAll("_", " ")}`;
    case "remove_word":
      return `“${change.word}” no longer counts as ${change.word_class.replaceAll("_", " ")}`;
    case "add_rival":
      return `${change.name} is a rival`;
    case "remove_rival":
      return `${change.name} is a rival no longer`;
  }
}

/** An id for a rule of the shop's own, made of its title: "S-founder-is-no-doctor". */
export function ownId(title: string): string {
  const name = title
    .normalize("NFKD")
    .replace(/\p{Mark}+/gu, "")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase()
    .slice(0, 28)
    .replace(/-+$/, "");
  return `S-${name || "rule"}`;
}
