/** Words of two sentences compared, as the server compares lines. Pure: a longest common subsequence of words. */
import type { Piece } from "./types";

export function redline(older: string, newer: string): Piece[] {
  const [before, after] = [words(older), words(newer)];
  const common = lengths(before, after);
  const pieces: Piece[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      add(pieces, "same", before[i]!);
      i += 1;
      j += 1;
    } else if (i < before.length && (j >= after.length || common[i + 1]![j]! >= common[i]![j + 1]!)) add(pieces, "gone", before[i++]!);
    else add(pieces, "come", after[j++]!);
  }
  return pieces;
}

const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");

function add(pieces: Piece[], kind: Piece["kind"], word: string): void {
  const last = pieces.at(-1);
  if (last?.kind === kind) last.text += ` ${word}`;
  else pieces.push({ kind, text: word });
}

/** common[i][j]: how many words the rests from i and j have in common. */
function lengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1)
      table[i]![j] = before[i] === after[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
  return table;
}
