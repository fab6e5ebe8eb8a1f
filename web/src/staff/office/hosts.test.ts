import { expect, test } from "vitest";
import { GUEST, hostOptions } from "./hosts";

test("people of one name are told apart by their address, and a guest comes last", () => {
  const hosts = [
    { id: "1", name: "Ann", email: "ann@acme.example" },
    { id: "2", name: "Joe", email: "joe@acme.example" },
    { id: "3", name: "Joe", email: "j.smith@acme.example" },
  ];
  expect(hostOptions(hosts).map((one) => one.label)).toEqual(["Ann", "Joe (joe@acme.example)", "Joe (j.smith@acme.example)", "A guest, by name"]);
  expect(hostOptions([])).toEqual([{ value: GUEST, label: "A guest, by name" }]);
});
