// Carries the ticks of the ranked options along the links and the filters of their own list, and says how many there are.
// Without it a button keeps them.

const NAME = "provision_ids";
const form = document.getElementById("consult");
const said = form.querySelector("output");

const ticked = () => [...form.elements].filter((box) => box.name === NAME && box.checked).map((box) => box.value);

function tell() {
  said.textContent = `${ticked().length} selected`;
}

tell();
document.addEventListener("change", (event) => {
  if (event.target.form === form) tell();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || link.pathname !== location.pathname || link.getAttribute("href").startsWith("#")) return;
  const address = new URL(link.href);
  address.searchParams.delete(NAME);
  ticked().forEach((id) => address.searchParams.append(NAME, id));
  link.href = address.href;
});

const filters = document.querySelector(".app-filters form");
filters?.addEventListener("submit", () => {
  filters.querySelectorAll(`input[name="${NAME}"]`).forEach((kept) => kept.remove());
  ticked().forEach((id) => {
    const kept = document.createElement("input");
    Object.assign(kept, { type: "hidden", name: NAME, value: id });
    filters.append(kept);
  });
});
