/** The programme preview's address carries a token that is renewed every few minutes. The stream goes on: each request
 * is sent with the newest token instead of the one in the playlist's address. Pure. */

/** Everything up to the file name: "http://host:8081/preview/TOKEN/". */
export function folderOf(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** Rewrites addresses under any folder that `newest` ever had to the folder that it has now. */
export function previewSwap(newest: () => string | null): (url: string) => string {
  const known: string[] = [];
  return (url) => {
    const latest = newest();
    if (latest === null) return url;
    const folder = folderOf(latest);
    if (!known.includes(folder)) known.push(folder);
    const old = known.find((one) => url.startsWith(one));
    return old === undefined ? url : folder + url.slice(old.length);
  };
}
