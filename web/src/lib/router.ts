/** Paths with named parts: match("/receipt/:id", "/receipt/42") is {id: "42"}. Pure. */

export type Params = Record<string, string>;

export function match(pattern: string, path: string): Params | null {
  const wanted = split(pattern);
  const given = split(path);
  if (wanted.length !== given.length) return null;
  const params: Params = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i] ?? "";
    if (part.startsWith(":")) {
      try {
        params[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (part !== value) return null;
  }
  return params;
}

function split(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

/** The first route that fits, with its parts. */
export function find<T>(routes: readonly (readonly [pattern: string, target: T])[], path: string): { target: T; params: Params } | null {
  for (const [pattern, target] of routes) {
    const params = match(pattern, path);
    if (params) return { target, params };
  }
  return null;
}
