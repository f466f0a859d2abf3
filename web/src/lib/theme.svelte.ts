// Light, dark, or as the phone has it.
export type Theme = "system" | "light" | "dark";
const KEY = "ruck-theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function read(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system"; // storage is forbidden: the system's own theme it is
  }
}

class ThemeChoice {
  choice = $state<Theme>(read());
  isDark = $state(false);

  set(choice: Theme) {
    this.choice = choice;
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // As above: it holds until the page is closed.
    }
    applyTheme();
  }
}
export const theme = new ThemeChoice();

export function applyTheme() {
  theme.isDark = theme.choice === "dark" || (theme.choice === "system" && prefersDark.matches);
  document.documentElement.dataset.theme = theme.isDark ? "dark" : "light";
  const color = theme.isDark ? "#10140f" : "#f5f4ee";
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.content = color;
  }
}
prefersDark.addEventListener("change", applyTheme);
