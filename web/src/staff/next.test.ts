import { expect, test } from "vitest";
import { safeNext } from "./next";

test.each(["/control", "/control/slow-morning", "/office/quiet-acre/orders?x=1"])("leads back to %s", (path) => {
  expect(safeNext(path)).toBe(path);
});

test.each([null, "", "control", "//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "/signin?next=/signin"])(
  "never leads to %j",
  (path) => {
    expect(safeNext(path)).toBe("/control");
  },
);
