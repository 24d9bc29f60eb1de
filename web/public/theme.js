// Before the first paint, so that whoever chose a theme sees no other for a moment. A file, not an inline script: the policy allows none.
try {
  const chosen = localStorage.getItem("patchbay.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing shows the system's theme.
}
