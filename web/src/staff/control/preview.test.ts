import { expect, test } from "vitest";
import { folderOf, previewSwap } from "./preview";

test("a renewed token replaces the old one in every later request, query and all", () => {
  let newest: string | null = "http://tally:8081/preview/AAA/live.m3u8";
  const swap = previewSwap(() => newest);
  expect(swap("http://tally:8081/preview/AAA/live.m3u8")).toBe("http://tally:8081/preview/AAA/live.m3u8");
  newest = "http://tally:8081/preview/BBB/live.m3u8";
  expect(swap("http://tally:8081/preview/AAA/live.m3u8?_HLS_msn=7&_HLS_part=2")).toBe(
    "http://tally:8081/preview/BBB/live.m3u8?_HLS_msn=7&_HLS_part=2",
  );
  expect(swap("http://tally:8081/preview/AAA/seg/9.m4s")).toBe("http://tally:8081/preview/BBB/seg/9.m4s");
  newest = null;
  expect(swap("http://tally:8081/preview/BBB/1.m4s")).toBe("http://tally:8081/preview/BBB/1.m4s");
});

test("other addresses are left alone", () => {
  const swap = previewSwap(() => "http://tally:8081/preview/AAA/live.m3u8");
  expect(swap("http://tally:8081/hls/x/1.m4s")).toBe("http://tally:8081/hls/x/1.m4s");
  expect(folderOf("http://a/b/c.m3u8?x=/y/")).toBe("http://a/b/");
});
