import { expect, test } from "vitest";
import { inOrder, roleLabel } from "./roles";

test("roles are named in one order", () => {
  expect(inOrder(["host", "owner", "finance"]).map(roleLabel)).toEqual(["Owner", "Finance", "Host"]);
});
