/** Light or dark: the system's choice, unless a page (the control room) chooses for itself. */

export type Theme = "light" | "dark";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

let system = $state<Theme>(dark.matches ? "dark" : "light");
let chosen = $state<Theme | null>(null);

export const theme = {
  get current(): Theme {
    return chosen ?? system;
  },
};

export function startTheme(): void {
  dark.addEventListener("change", () => {
    system = dark.matches ? "dark" : "light";
    apply();
  });
  apply();
}

/** `null` goes back to the system's choice. */
export function chooseTheme(wanted: Theme | null): void {
  chosen = wanted;
  apply();
}

function apply(): void {
  document.documentElement.dataset["theme"] = theme.current;
}
