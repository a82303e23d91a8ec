/* The settings: an internal name while one types its label; forms that are redrawn. Everything works without it. */
(() => {
  "use strict";
  /* The same rule as `internal_name` in records/settings_forms/common.py. */
  const internalName = (label, length) =>
    label
      .normalize("NFKD")
      .replace(/[^\x00-\x7f]/g, "")
      .toLowerCase()
      .replace(/[^\w\s\x1c-\x1f-]/g, "")
      .split(/[-_\s\x1c-\x1f]+/)
      .filter(Boolean)
      .join("_")
      .slice(0, length)
      .replace(/^_+|_+$/g, "");

  /* A name follows its label as long as it is what the label made of it before: what is written by hand stays. */
  document.addEventListener("input", ({ target }) => {
    if (!target.form || !target.name) return;
    const before = target.dataset.was ?? target.defaultValue;
    for (const name of target.form.querySelectorAll(`[data-named-after="${CSS.escape(target.name)}"]`)) {
      if (name.value && name.value !== internalName(before, name.maxLength)) continue;
      name.value = internalName(target.value, name.maxLength);
    }
    target.dataset.was = target.value;
  });

  /* A form that is redrawn for another choice keeps what was entered while the answer was on its way. */
  const all = (form) => Object.fromEntries([...new Set(new FormData(form).keys())].map((name) => [name, new FormData(form).getAll(name)]));
  let asked = null;
  let entered = {};
  document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
    if (elt.matches(".form-fields__one, .rule-field")) asked = all(elt.closest("form"));
  });
  document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    entered = {};
    if (!asked || !target.matches(".settings-form")) return;
    for (const [name, values] of Object.entries(all(target))) {
      if (String(values) !== String(asked[name] ?? [])) entered[name] = values;
    }
    asked = null;
  });
  document.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
    if (!elt.matches(".settings-form")) return;
    for (const [name, values] of Object.entries(entered)) {
      for (const field of elt.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (field.matches("[type=checkbox], [type=radio]")) field.checked = values.includes(field.value);
        else field.value = values[0];
      }
    }
    entered = {};
  });
})();
