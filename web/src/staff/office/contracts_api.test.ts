import { expect, test } from "vitest";
import { boundBy, dayUs, nameOf, stateOf, type Contract } from "./contracts_api";

const CONTRACT = { from_us: 10, until_us: 20 } as Contract;

test("a contract is coming, in force and over", () => {
  expect([9, 10, 19, 20].map((now) => stateOf(CONTRACT, now))).toEqual(["coming", "in force", "in force", "over"]);
  expect(stateOf({ ...CONTRACT, until_us: null }, 1e9)).toBe("in force");
});

test("a contract with a person is theirs whatever they are called; one with a guest is the name's", () => {
  const person = { creator_name: "Mina Park", person_id: "p", person_name: "Mina Lee" } as Contract;
  expect([nameOf(person), boundBy(person)]).toEqual(["Mina Lee", "Binds this person, recorded as Mina Park"]);
  expect(boundBy({ ...person, person_name: "Mina Park" })).toBe("Binds this person");
  const guest = { creator_name: "Joe", person_id: null, person_name: null } as Contract;
  expect([nameOf(guest), boundBy(guest)]).toEqual(["Joe", "Binds whom shows call “Joe”"]);
});

test("a day lasts to the first moment after it", () => {
  const first = dayUs("2026-03-02");
  expect(first).toBe(new Date(2026, 2, 2).getTime() * 1000);
  expect(dayUs("2026-03-02", true)).toBe(new Date(2026, 2, 3).getTime() * 1000);
  expect(dayUs("")).toBeNull();
});
