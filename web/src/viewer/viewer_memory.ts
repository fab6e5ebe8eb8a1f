/** What this device remembers of its viewer: a random id, the name used in chat, the shops followed. Nothing else. */
import { newUuid } from "../lib/ids";

const ID = "tallylight.viewer";
const NAME = "tallylight.name";
const CAPTIONS = "tallylight.captions";
const FOLLOWS = "tallylight.follows";
const FOLLOWS_MAX = 200;

let id: string | null = null;

export function viewerId(): string {
  id ??= read(ID);
  if (!id) {
    id = newUuid();
    write(ID, id);
  }
  return id;
}

export const rememberedName = (): string => read(NAME) ?? "";
export const rememberName = (name: string): void => write(NAME, name);
export const wantsCaptions = (): boolean => read(CAPTIONS) === "on";
export const rememberCaptions = (on: boolean): void => write(CAPTIONS, on ? "on" : "off");

/** Ids of the shops that this viewer follows, the newest last. */
const followed = (): string[] => (read(FOLLOWS) ?? "").split(" ").filter(Boolean);
export const follows = (shop_id: string): boolean => followed().includes(shop_id);
export function rememberFollow(shop_id: string, following: boolean): void {
  const others = followed().filter((id) => id !== shop_id);
  write(FOLLOWS, (following ? [...others, shop_id] : others).slice(-FOLLOWS_MAX).join(" "));
}

// Storage may be closed to us (private windows, embedded pages); the page then forgets, and works.
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}
