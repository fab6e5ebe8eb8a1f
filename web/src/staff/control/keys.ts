/** The control room's keys. Pure: what a key press means, given where the focus is. */

export type Command =
  | "clear"
  | "bleep"
  | "cover"
  | "panic"
  | "uncover"
  | "dump"
  | "cough"
  | "cover-picture"
  | "fire-next"
  | "up"
  | "down"
  | "help"
  | "live";

export type Press = {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  repeat: boolean;
};

export type Focus = {
  /** In a text field: only function keys mean something. */
  typing: boolean;
  /** On a button, link or anything that answers to Space and arrows itself. */
  control: boolean;
};

/** `single_keys` off (WCAG 2.1.4): only function keys and Space are left. */
export function commandOf(press: Press, focus: Focus, single_keys: boolean): Command | null {
  if (press.repeat || press.ctrlKey || press.altKey || press.metaKey) return null;
  switch (press.key) {
    case "F1":
      return press.shiftKey ? null : "clear";
    case "F2":
      return press.shiftKey ? null : "bleep";
    case "F3":
      return press.shiftKey ? null : "cover";
    case "F6":
      return press.shiftKey ? null : "cover-picture";
    case "F8":
      return press.shiftKey ? null : "cough";
    case "F9":
      return press.shiftKey ? null : "dump";
    case "F12":
      return press.shiftKey ? "uncover" : "panic";
  }
  if (focus.typing || press.shiftKey !== (press.key === "?")) return null;
  if (press.key === " ") return focus.control ? null : "fire-next";
  if (press.key === "ArrowUp" || press.key === "ArrowDown") {
    return focus.control ? null : press.key === "ArrowUp" ? "up" : "down";
  }
  if (!single_keys) return null;
  if (press.key === "?") return "help";
  if (press.key === "l") return "live";
  return null;
}

export const KEYS: readonly { keys: string[]; does: string }[] = [
  { keys: ["F1"], does: "Clear the selected finding: it airs as said" },
  { keys: ["F2"], does: "Bleep the selected finding" },
  { keys: ["F3"], does: "Cover picture and sound for the selected finding" },
  { keys: ["↑", "↓"], does: "Select another open finding" },
  { keys: ["Space"], does: "Fire the next cue" },
  { keys: ["L"], does: "Transcript: jump to live" },
  { keys: ["F6"], does: "Cover the picture while the sound goes on, and uncover it" },
  { keys: ["F8"], does: "Cough: no sound while you hold it" },
  { keys: ["F9"], does: "Dump: take back the last 5 seconds of what is held" },
  { keys: ["F12"], does: "Panic: cover picture and sound at once" },
  { keys: ["Shift", "F12"], does: "Uncover after a panic" },
  { keys: ["?"], does: "These keys" },
];
