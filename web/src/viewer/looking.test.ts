import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ITEMS_MAX, Looking, LOOKING_EVERY_MS, LOOKING_PAUSE_MS } from "./looking";

let said: string[][] = [];

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    expect(path).toBe("/api/shows/s1/looking");
    said.push((JSON.parse(init.body as string) as { product_ids: string[] }).product_ids);
    return Promise.reject(new TypeError("failed to fetch"));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("says it again while it is so, whatever became of the word before, and once that it is over", () => {
  const looking = new Looking();
  let end = looking.at("s1", []);
  vi.advanceTimersByTime(LOOKING_EVERY_MS);
  expect(said).toEqual([]);
  end();
  end = looking.at("s1", ["cup", "bowl", "cup"]);
  vi.advanceTimersByTime(LOOKING_PAUSE_MS + 2 * LOOKING_EVERY_MS);
  expect(said).toEqual([["cup", "bowl"], ["cup", "bowl"], ["cup", "bowl"]]);
  end();
  end = looking.at("s1", []);
  vi.advanceTimersByTime(10 * LOOKING_EVERY_MS);
  expect(said.slice(3)).toEqual([[]]);
  end();
});

it("tells where a viewer who leafs through the shelf has stopped, and no more than is taken", () => {
  const looking = new Looking();
  looking.at("s1", ["cup"])();
  const many = Array.from({ length: ITEMS_MAX + 5 }, (_, one) => `p${String(one)}`);
  looking.at("s1", many);
  vi.advanceTimersByTime(LOOKING_PAUSE_MS);
  expect(said).toEqual([many.slice(0, ITEMS_MAX)]);
});
