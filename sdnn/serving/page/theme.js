// Colours: as the system, light or dark. Runs before the first paint, so that nothing flashes.
(() => {
  const ORDER = ["system", "light", "dark"];
  const root = document.documentElement;
  const read = () => {
    try { return localStorage.getItem("sdnn-theme") || "system"; } catch { return "system"; }
  };
  const apply = (theme) => {
    if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
  };
  apply(read());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return;
    const label = (theme) => {
      const words = { system: "as the system", light: "light", dark: "dark" };
      button.setAttribute("aria-label", `Colours: ${words[theme]}`);
      button.title = `Colours: ${words[theme]}`;
      button.textContent = { system: "◐", light: "○", dark: "●" }[theme];
    };
    label(read());
    const changed = () => document.dispatchEvent(new CustomEvent("themechange"));
    button.addEventListener("click", () => {
      const next = ORDER[(ORDER.indexOf(read()) + 1) % ORDER.length];
      try { localStorage.setItem("sdnn-theme", next); } catch { /* private window: for this page only */ }
      apply(next);
      label(next);
      changed();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  });
})();
