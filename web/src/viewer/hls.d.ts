// The light build has the same interface, without alternate audio, subtitles, DRM and ads.
declare module "hls.js/light" {
  export { default } from "hls.js";
  export * from "hls.js";
}
