/** Light or dark: the system's choice, unless a page (the control room) chooses for itself. */

export type Theme = "light" | "dark";

let chosen: Theme | null = null;

const dark = window.matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  document.documentElement.dataset["theme"] = chosen ?? (dark.matches ? "dark" : "light");
}

export function startTheme(): void {
  dark.addEventListener("change", apply);
  apply();
}

/** `null` goes back to the system's choice. */
export function chooseTheme(theme: Theme | null): void {
  chosen = theme;
  apply();
}
