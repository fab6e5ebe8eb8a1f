/** Clock faces in the viewer's own zone. */

const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** "20:14:07" */
export function clockFace(us: number): string {
  return format.format(us / 1_000);
}

/** "20:14:07.3" */
export function clockFaceTenths(us: number): string {
  return `${clockFace(us)}.${Math.floor((us / 100_000) % 10)}`;
}
