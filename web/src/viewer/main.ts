import { mount } from "svelte";
import "../design/base.css";
import { match } from "../lib/router";
import { startTheme } from "../lib/theme.svelte";
import Viewer from "./Viewer.svelte";

void import("hls.js/light"); // needed as soon as the show's address is known: fetch it beside the snapshot
startTheme();
const target = document.getElementById("app");
const slug = match("/watch/:slug", window.location.pathname)?.["slug"] ?? "";
const t = Number(new URLSearchParams(window.location.search).get("t") ?? NaN);
if (target) mount(Viewer, { target, props: { slug, from_us: Number.isSafeInteger(t) && t > 0 ? t : undefined } });
