// Starts the components of govuk-frontend and the warning before a session ends, folds filters that would push a list off
// a narrow screen, and turns long pick lists into searchable ones. Pages work without it.

import { initAll } from "./vendor/govuk-frontend/govuk-frontend.min.js";

initAll();

if (document.getElementById("ending")) import("./ending.js");

if (window.matchMedia("(max-width: 48rem)").matches) {
  document.querySelectorAll(".app-filters__panel").forEach((panel) => panel.removeAttribute("open"));
}

const lists = document.querySelectorAll("select[data-autocomplete]");
if (lists.length) {
  await import("./vendor/accessible-autocomplete/accessible-autocomplete.min.js");
  lists.forEach(enhance);
}

/** The select stays the field that is sent: on sending it takes the option that reads as typed, or none. */
function enhance(select) {
  const { id, form } = select;
  const blank = select.querySelector('option[value=""]');
  window.accessibleAutocomplete.enhanceSelectElement({
    selectElement: select,
    defaultValue: select.value === "" ? "" : undefined,
    placeholder: blank ? blank.textContent.trim() : "",
    showAllValues: true,
    displayMenu: "overlay", // an inline menu, closing, would move the button that is being clicked
    confirmOnBlur: false,
    inputClasses: select.classList.contains("govuk-select--error") ? "govuk-input--error" : null,
  });
  const box = document.getElementById(id);
  form?.addEventListener("submit", () => {
    const typed = box.value.trim().toLowerCase();
    const chosen = [...select.options].find((option) => option.textContent.trim().toLowerCase() === typed);
    select.value = chosen ? chosen.value : "";
  });
}
