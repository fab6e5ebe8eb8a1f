/** A shop's rules in the stand-in back end: a few of the market's, and changes that last until the server stops. */
import type { LoggedChange, RuleChange, RuleLine, RulesView } from "../src/staff/office/rules_api.ts";

type Plain = Pick<RuleLine, "id" | "title" | "severity" | "citation" | "say_instead">;

const MARKET_RULES: Plain[] = [
  {"id": "R1", "title": "A disease claim for something that is not a drug", "severity": "block", "citation": "21 CFR 101.93(g); FD&C Act 201(g)(1)", "say_instead": "Say how it looks or feels, for example: it leaves the skin feeling soft and calm."},
  {"id": "R3", "title": "Efficacy or proof without evidence on file", "severity": "block", "citation": "FTC Health Products Compliance Guidance (2022); FTC Act sections 5 and 12", "say_instead": "Share your own experience without a promise, or use the approved claim word for word."},
  {"id": "R5", "title": "A price that is not the live price", "severity": "block", "citation": "FTC Act section 5; 16 CFR 233", "say_instead": "Read the price from the product card."},
  {"id": "R6", "title": "A former price or a discount that does not hold", "severity": "block", "citation": "16 CFR 233.1", "say_instead": "Use the struck-through price and the percentage on the product card."},
  {"id": "R9", "title": "Urgency or scarcity that does not hold", "severity": "block", "citation": "FTC Act section 5; FTC Bringing Dark Patterns to Light (2022); 16 CFR 238", "say_instead": "Read the stock and the countdown from the product card."},
  {"id": "R10", "title": "A superlative that could be measured", "severity": "hold", "citation": "FTC Act section 5; FTC Policy Statement on Advertising Substantiation", "say_instead": "Say that it is your favorite."},
  {"id": "R14", "title": "A paid host who denies it", "severity": "block", "citation": "16 CFR 255.5", "say_instead": "Say: this is a paid partnership."}
];
const MARKETS = [
  { id: "us-en", name: "United States, English" },
  { id: "uk-en", name: "United Kingdom, English" },
  { id: "eu-en", name: "European Union, English" },
  { id: "cn-zh", name: "中国大陆，中文 (mainland China, Chinese)" },
];
const log: LoggedChange[] = [
  {
    id: 1,
    market: "us-en",
    change: { kind: "set_level", rule: "R10", level: "note" },
    reason: "Puffery only; counsel agreed on 2 March.",
    by: "Mara Lindqvist",
    at: "2026-03-02T09:12:00Z",
  },
  {
    id: 2,
    market: "us-en",
    change: { kind: "set_rule", rule: "S-founder", title: "The founder is no doctor", severity: "block", phrases: ["our founder is a doctor"], say_instead: "Leave the founder out." },
    reason: "He is a chemist.",
    by: "Mara Lindqvist",
    at: "2026-03-02T09:20:00Z",
  },
  { id: 3, market: "us-en", change: { kind: "add_word", word_class: "disease", word: "stubborn redness" }, reason: "Legal reads it as rosacea.", by: null, at: "2026-03-03T15:00:00Z" },
];
let rivals = ["Harlow Brook"];

export function rulesView(market: string): RulesView {
  const here = log.filter((one) => one.market === market);
  const rules = MARKET_RULES.map((rule): RuleLine => {
    const last = here.filter((one) => one.change.kind === "set_level" && one.change.rule === rule.id).at(-1);
    const level = last?.change.kind === "set_level" ? last.change.level : null;
    return { ...rule, level: level ?? rule.severity, own: false, phrases: [], change: level && last ? last : null };
  });
  const own = here.flatMap((one): RuleLine[] => {
    const { change } = one;
    if (change.kind !== "set_rule") return [];
    if (here.some((later) => later.id > one.id && later.change.kind === "remove_rule" && later.change.rule === change.rule)) return [];
    return [{ id: change.rule, title: change.title, severity: change.severity, level: change.severity, citation: "the shop's own rule", say_instead: change.say_instead, own: true, phrases: change.phrases, change: one }];
  });
  const words = here.filter((one) => one.change.kind === "add_word" && !here.some((later) => later.change.kind === "remove_word" && one.change.kind === "add_word" && later.change.word === one.change.word));
  const absent: Record<string, string> = market === "cn-zh" ? { R11: "Comparisons need rivals read in Chinese; not written yet." } : {};
  return { market, markets: MARKETS, rules: [...rules, ...own], absent, word_classes: ["better", "disease", "drug", "known_brand", "proven"], words, rivals, changes: [...here].reverse() };
}

export function changeRules({ change, reason }: { change: RuleChange; reason: string }, market: string): RulesView {
  log.push({ id: log.length + 1, market, change, reason, by: "Mara Lindqvist", at: new Date().toISOString() });
  if (change.kind === "add_rival") rivals = [...rivals, change.name];
  if (change.kind === "remove_rival") rivals = rivals.filter((one) => one !== change.name);
  return rulesView(market);
}
