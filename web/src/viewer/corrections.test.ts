import { expect, test } from "vitest";
import { correctionAt, withCorrection } from "./corrections";

const card = (id: string, at_us: number, until_us: number) => ({ id, text: id, at_us, until_us });

test("a card holds on the frames that it is for, the newest over an older one", () => {
  const cards = [card("b", 15, 25), card("a", 10, 20)];
  expect(correctionAt(cards, 9)).toBeNull();
  expect(correctionAt(cards, 10)?.id).toBe("a");
  expect(correctionAt(cards, 16)?.id).toBe("b");
  expect(correctionAt(cards, 24)?.id).toBe("b");
  expect(correctionAt(cards, 25)).toBeNull();
});

test("a card told twice is one card", () => {
  expect(withCorrection([card("a", 1, 2)], card("a", 1, 2))).toHaveLength(1);
  expect(withCorrection([card("a", 1, 2)], card("b", 1, 2))).toHaveLength(2);
});
