/** What each role may do, in words. */
import type { Role } from "../../../lib/types";

export const ROLES: readonly { value: Role; label: string; does: string }[] = [
  { value: "owner", label: "Owner", does: "Everything here, and who works for the shop." },
  { value: "producer", label: "Producer", does: "Plans shows, fires cues, moderates, covers the picture." },
  { value: "compliance", label: "Compliance", does: "Approves claims, signs scripts, decides what is held." },
  { value: "finance", label: "Finance", does: "Funds deals, closes statements, pays, refunds." },
  { value: "host", label: "Host", does: "Goes on camera, from the studio or an encoder. Sees no orders and no money." },
];

export const roleLabel = (role: Role): string => ROLES.find((one) => one.value === role)?.label ?? role;

/** In the order in which they are explained. */
export const inOrder = (roles: readonly Role[]): Role[] => ROLES.map((one) => one.value).filter((role) => roles.includes(role));
