import { expect, test } from "vitest";
import { draftOf, newDraft, planOf, slugOf, type Draft } from "./plan";
import type { PlannedShow } from "./plan_api";

test("a title suggests an address", () => {
  expect(slugOf("Friday night: 50 % off!")).toBe("friday-night-50-off");
  expect(slugOf("Été à Zürich")).toBe("ete-a-zurich");
  expect(slugOf("周五直播")).toBe("");
  expect(slugOf(`${"a".repeat(62)} b`)).toBe("a".repeat(62));
});

test("the first host is suggested, and without hosts a guest", () => {
  expect(newDraft([{ id: "1", name: "Joe", email: "j@x.test" }], "us-en")).toMatchObject({ who: "1", host_name: "Joe", delay_s: "8" });
  expect(newDraft([], "us-en")).toMatchObject({ who: "", host_name: "" });
});

test("what a show is comes back as it was", () => {
  const starts_at = new Date(2026, 11, 1, 18, 30).toISOString();
  const show = { title: "Friday", slug: "friday", host_name: "DJ Joe", host_person_id: "1", market: "uk-en", delay_ms: 2500, starts_at } as PlannedShow;
  expect(draftOf(show).starts).toBe("2026-12-01T18:30");
  expect(planOf(draftOf(show))).toEqual({ title: "Friday", slug: "friday", host_name: "DJ Joe", host_person_id: "1", market: "uk-en", delay_ms: 2500, starts_at });
});

test("nothing is sent while a number or a date is none", () => {
  const draft: Draft = { ...newDraft([], "us-en"), title: "T", slug: "t", host_name: "Joe" };
  expect(planOf(draft)).toMatchObject({ host_person_id: null, starts_at: null });
  for (const delay_s of ["", "-1", "31", "x"]) expect(planOf({ ...draft, delay_s })).toBeNull();
  expect(planOf({ ...draft, starts: "soon" })).toBeNull();
});
