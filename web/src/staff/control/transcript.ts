/** How the transcript is coloured: from words, findings and how far the gate is. Pure; all times are programme time. */
import type { Finding, Word } from "../../lib/types";

/** From quiet to loud; where several findings cover a word, the loudest shows. */
export const LOOKS = ["unjudged", "clear", "noted", "passed", "late", "held", "stopped"] as const;

/** - `unjudged`: not yet checked (dim)
 *  - `clear`: nothing found (plain)
 *  - `noted`: the rules noted it; it airs (dotted)
 *  - `passed`: a person cleared it, or it aired as it was said (blue)
 *  - `late`: the ruling came too late and it aired (red outline)
 *  - `held`: withheld unless somebody clears it, still in the delay (amber box)
 *  - `stopped`: bleeped or covered (struck red) */
export type Look = (typeof LOOKS)[number];

export type GateClock = {
  /** Judged up to here. */
  judged_us: number;
  /** Released to viewers up to here. */
  released_us: number;
};

export type MarkedWord = Word & { look: Look; finding: Finding | null };

export type Line = { key: number; start_us: number; end_us: number; words: Word[] };

const PAUSE_US = 700_000;
const WORDS_MAX = 22;
const SENTENCE_END = /[.?!…]["”’']?$/;

/** Words as lines: a new one after a pause, the end of a sentence, or too many words. */
export function linesOf(words: readonly Word[]): Line[] {
  const lines: Line[] = [];
  let line: Line | null = null;
  for (const word of words) {
    const before = line?.words.at(-1);
    const breaks =
      !line ||
      !before ||
      word.start_us - before.end_us >= PAUSE_US ||
      line.words.length >= WORDS_MAX ||
      (SENTENCE_END.test(before.text) && line.words.length > 2);
    if (breaks) {
      // Two words may begin at once, so a line's key is its start, made unlike the one before.
      const key = Math.max(word.start_us, (lines.at(-1)?.key ?? -Infinity) + 1);
      line = { key, start_us: word.start_us, end_us: word.end_us, words: [word] };
      lines.push(line);
    } else if (line) {
      line.words.push(word);
      line.end_us = Math.max(line.end_us, word.end_us);
    }
  }
  return lines;
}

/** New words into the known ones: in order of time, none twice, at most `max`. Different words may begin at once. */
export function withWords(known: readonly Word[], heard: readonly Word[], max: number): Word[] {
  const name = (word: Word) => `${word.start_us} ${word.text}`;
  const there = new Set(known.map(name));
  const fresh = heard.filter((word) => !there.has(name(word)));
  if (fresh.length === 0) return [...known];
  return [...known, ...fresh].sort((a, b) => a.start_us - b.start_us).slice(-max);
}

export function covers(finding: Finding, word: Word): boolean {
  return word.start_us < finding.end_us && Math.max(word.end_us, word.start_us + 1) > finding.start_us;
}

/** What a finding makes of the words that it covers. */
export function lookOf(finding: Finding, clock: GateClock): Look {
  if (finding.outcome === "bleeped" || finding.outcome === "covered") return "stopped";
  if (finding.outcome === "late") return "late";
  if (finding.outcome === "cleared") return finding.action === "none" && !finding.decision ? "noted" : "passed";
  if (finding.decision) return finding.decision.kind === "clear" ? "passed" : "stopped";
  if (finding.action === "none") return "noted";
  return finding.start_us > clock.released_us ? "held" : "stopped";
}

export function mark(word: Word, findings: readonly Finding[], clock: GateClock): MarkedWord {
  let look: Look = word.end_us > clock.judged_us ? "unjudged" : "clear";
  let by: Finding | null = null;
  for (const finding of findings) {
    if (!covers(finding, word)) continue;
    const candidate = lookOf(finding, clock);
    if (LOOKS.indexOf(candidate) > LOOKS.indexOf(look)) {
      look = candidate;
      by = finding;
    }
  }
  return { ...word, look, finding: by };
}

export type Relation = { kind: "aired" } | { kind: "airing" } | { kind: "waiting"; airs_in_us: number };

/** Where a line is on its way to the viewers. */
export function relationToAir(line: Pick<Line, "start_us" | "end_us">, clock: GateClock): Relation {
  if (clock.released_us >= line.end_us) return { kind: "aired" };
  if (clock.released_us >= line.start_us) return { kind: "airing" };
  return { kind: "waiting", airs_in_us: line.start_us - clock.released_us };
}

/** "3.2 s": tenths below ten seconds, then whole seconds; never below zero. */
export function formatShort(us: number): string {
  const tenths = Math.ceil(Math.max(0, us) / 100_000);
  return tenths < 100 ? `${Math.floor(tenths / 10)}.${tenths % 10} s` : `${Math.ceil(tenths / 10)} s`;
}
