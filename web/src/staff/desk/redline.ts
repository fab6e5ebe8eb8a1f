/** Words of two sentences compared, as the server compares lines. Pure: a longest common subsequence of words. */
import type { Piece } from "./types";

export function redline(older: string, newer: string): Piece[] {
  const [before, after] = [words(older), words(newer)];
  const common = commonFrom(before, after);
  const pieces: Piece[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [gone, come] = [before[i], after[j]];
    if (gone === undefined && come === undefined) return pieces;
    if (gone !== undefined && gone === come) {
      add(pieces, "same", gone);
      i += 1;
      j += 1;
    } else if (gone !== undefined && (come === undefined || common(i + 1, j) >= common(i, j + 1))) {
      add(pieces, "gone", gone);
      i += 1;
    } else {
      add(pieces, "come", come ?? "");
      j += 1;
    }
  }
}

const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");

function add(pieces: Piece[], kind: Piece["kind"], word: string): void {
  const last = pieces.at(-1);
  if (last?.kind === kind) last.text += ` ${word}`;
  else pieces.push({ kind, text: word });
}

/** How many words the rests from i and from j on have in common, in order. */
function commonFrom(before: readonly string[], after: readonly string[]): (i: number, j: number) => number {
  const width = after.length + 1;
  const table = new Uint16Array((before.length + 1) * width);
  const common = (i: number, j: number) => table[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1)
      table[i * width + j] = before[i] === after[j] ? common(i + 1, j + 1) + 1 : Math.max(common(i + 1, j), common(i, j + 1));
  return common;
}
