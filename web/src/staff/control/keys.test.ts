import { expect, test } from "vitest";
import { commandOf, type Press } from "./keys";

const press = (key: string, change: Partial<Press> = {}): Press => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  repeat: false,
  ...change,
});
const free = { typing: false, control: false };

test("function keys work everywhere, even in a text field", () => {
  expect(commandOf(press("F1"), { typing: true, control: true }, false)).toBe("clear");
  expect(commandOf(press("F2"), free, true)).toBe("bleep");
  expect(commandOf(press("F3"), free, true)).toBe("cover");
  expect(commandOf(press("F12"), { typing: true, control: true }, false)).toBe("panic");
});

test("dump, cough and cover are function keys of the whole programme", () => {
  expect(commandOf(press("F9"), { typing: true, control: true }, false)).toBe("dump");
  expect(commandOf(press("F8"), free, false)).toBe("cough");
  expect(commandOf(press("F8", { repeat: true }), free, false)).toBeNull();
  expect(commandOf(press("F6"), free, false)).toBe("cover-picture");
  expect(commandOf(press("F9", { shiftKey: true }), free, false)).toBeNull();
});

test("panic never takes itself back: uncovering is another key", () => {
  expect(commandOf(press("F12"), free, true)).toBe("panic");
  expect(commandOf(press("F12", { shiftKey: true }), free, true)).toBe("uncover");
});

test("a held key fires once, and the browser's own shortcuts stay the browser's", () => {
  expect(commandOf(press(" ", { repeat: true }), free, true)).toBeNull();
  expect(commandOf(press("l", { ctrlKey: true }), free, true)).toBeNull();
  expect(commandOf(press("F3", { shiftKey: true }), free, true)).toBeNull();
});

test("space fires the next cue unless a button or a field has it", () => {
  expect(commandOf(press(" "), free, true)).toBe("fire-next");
  expect(commandOf(press(" "), { typing: false, control: true }, true)).toBeNull();
  expect(commandOf(press(" "), { typing: true, control: false }, true)).toBeNull();
});

test("letters can be switched off", () => {
  expect(commandOf(press("?", { shiftKey: true }), free, true)).toBe("help");
  expect(commandOf(press("?", { shiftKey: true }), free, false)).toBeNull();
  expect(commandOf(press("l"), free, false)).toBeNull();
});
