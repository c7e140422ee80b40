// Keeps the house's tokens in step with the theme that the back office chose: its pages mark
// the root with a class, our token file asks for data-theme.
const root = document.documentElement;

function follow() {
  const theme = root.classList.contains("dark") ? "dark" : "light";
  if (root.dataset.theme !== theme) root.dataset.theme = theme;
}

new MutationObserver(follow).observe(root, { attributes: true, attributeFilter: ["class"] });
document.addEventListener("DOMContentLoaded", () => {
  follow();
  // The theme leaves the page without a main landmark.
  document.getElementById("main")?.setAttribute("role", "main");
});
