import { expect, test } from "vitest";
import { ApiError, fieldOf, messageOf } from "./api";

test("the server's own sentence is told, and what else goes wrong in ours", () => {
  expect(messageOf(new ApiError(409, "wrong_state", "The show has ended."))).toBe("The show has ended.");
  expect(messageOf(new TypeError("x is not a function"))).toBe("That did not work. Try again.");
});

test("a refusal is about a field only where the server names one", () => {
  expect(fieldOf(new ApiError(400, "invalid_input", "Too long.", { field: "name" }))).toBe("name");
  expect(fieldOf(new ApiError(400, "invalid_input", "Too long.", { field: 3 }))).toBeNull();
  expect(fieldOf(new TypeError("no"))).toBeNull();
});
