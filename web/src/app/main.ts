import { mount } from "svelte";
import "../design/base.css";
import { startTheme } from "../lib/theme.svelte";
import App from "./App.svelte";

startTheme();
const target = document.getElementById("app");
if (target) mount(App, { target });
