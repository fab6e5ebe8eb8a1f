import { mount } from "svelte";
import "../design/base.css";
import { match } from "../lib/router";
import { startTheme } from "../lib/theme.svelte";
import Viewer from "./Viewer.svelte";

void import("hls.js/light"); // needed as soon as the show's address is known: fetch it beside the snapshot
startTheme();
const target = document.getElementById("app");
const slug = match("/watch/:slug", window.location.pathname)?.["slug"] ?? "";
const CODE_MAX = 40;
const query = new URLSearchParams(window.location.search);
const t = Number(query.get("t") ?? NaN);
const code = (query.get("code") ?? "").trim().slice(0, CODE_MAX);
if (target) mount(Viewer, { target, props: { slug, from_us: Number.isSafeInteger(t) && t > 0 ? t : undefined, code } });
