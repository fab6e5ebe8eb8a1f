import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ITEMS_MAX, Looking, LOOKING_EVERY_MS, LOOKING_PAUSE_MS, WATCHING_EVERY_MS } from "./looking";

let said: string[][] = [];
let disclosure_shown: (boolean | null)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  disclosure_shown = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    expect(path).toBe("/api/shows/s1/looking");
    const body = JSON.parse(init.body as string) as { product_ids: string[]; disclosure_shown: boolean | null };
    said.push(body.product_ids);
    disclosure_shown.push(body.disclosure_shown);
    return Promise.reject(new TypeError("failed to fetch"));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("says it again while it is so, whatever became of the word before, and once that it is over", () => {
  const looking = new Looking();
  let end = looking.at("s1", [], null);
  vi.advanceTimersByTime(LOOKING_EVERY_MS);
  expect(said).toEqual([]);
  end();
  end = looking.at("s1", ["cup", "bowl", "cup"], null);
  vi.advanceTimersByTime(LOOKING_PAUSE_MS + 2 * LOOKING_EVERY_MS);
  expect(said).toEqual([["cup", "bowl"], ["cup", "bowl"], ["cup", "bowl"]]);
  end();
  end = looking.at("s1", [], null);
  vi.advanceTimersByTime(10 * LOOKING_EVERY_MS);
  expect(said.slice(3)).toEqual([[]]);
  end();
});

it("tells where a viewer who leafs through the shelf has stopped, and no more than is taken", () => {
  const looking = new Looking();
  looking.at("s1", ["cup"], null)();
  const many = Array.from({ length: ITEMS_MAX + 5 }, (_, one) => `p${String(one)}`);
  looking.at("s1", many, null);
  vi.advanceTimersByTime(LOOKING_PAUSE_MS);
  expect(said).toEqual([many.slice(0, ITEMS_MAX)]);
});

it("says of a viewer who only watches whether the disclosure can be read, at once when that changes", () => {
  const looking = new Looking();
  let end = looking.at("s1", [], true);
  vi.advanceTimersByTime(LOOKING_PAUSE_MS + WATCHING_EVERY_MS);
  end();
  end = looking.at("s1", [], false);
  vi.advanceTimersByTime(LOOKING_PAUSE_MS);
  end();
  end = looking.at("s1", [], null);
  vi.advanceTimersByTime(10 * WATCHING_EVERY_MS);
  end();
  expect(disclosure_shown).toEqual([true, true, false, null]);
  expect(said).toEqual([[], [], [], []]);
});
