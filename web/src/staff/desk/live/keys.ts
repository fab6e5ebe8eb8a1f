/** The live desk's keys. Pure: what a key press means, given where the focus is. */
import type { Focus, Press } from "../../control/keys";

export type DeskCommand = "clear" | "bleep" | "cover" | "up" | "down" | "play" | "take" | "correct" | "help";

/** `single_keys` off (WCAG 2.1.4): function keys, arrows and Space are left. */
export function deskCommandOf(press: Press, focus: Focus, single_keys: boolean): DeskCommand | null {
  if (press.repeat || press.ctrlKey || press.altKey || press.metaKey) return null;
  if (press.key === "F1") return "clear";
  if (press.key === "F2") return "bleep";
  if (press.key === "F3") return "cover";
  if (focus.typing || press.shiftKey !== (press.key === "?")) return null;
  if (press.key === " " || press.key === "ArrowUp" || press.key === "ArrowDown" || press.key === "Enter") {
    if (focus.control) return null;
    return ({ " ": "play", ArrowUp: "up", ArrowDown: "down", Enter: "take" } as const)[press.key];
  }
  if (!single_keys) return null;
  switch (press.key) {
    case "c":
      return "clear";
    case "b":
      return "bleep";
    case "v":
      return "cover";
    case "k":
      return "up";
    case "j":
      return "down";
    case "t":
      return "take";
    case "x":
      return "correct";
    case "?":
      return "help";
    default:
      return null;
  }
}

export const DESK_KEYS: readonly { keys: string[]; does: string }[] = [
  { keys: ["C", "F1"], does: "Clear: viewers hear it as said" },
  { keys: ["B", "F2"], does: "Bleep the words" },
  { keys: ["V", "F3"], does: "Cover picture and sound" },
  { keys: ["J", "↓"], does: "Next held phrase" },
  { keys: ["K", "↑"], does: "Phrase before" },
  { keys: ["Space"], does: "Play the phrase" },
  { keys: ["T", "Enter"], does: "I take this: nobody else decides it" },
  { keys: ["X"], does: "Correct on screen what aired wrong" },
  { keys: ["?"], does: "These keys" },
];
