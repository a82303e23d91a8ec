/* The settings: an internal name while one types its label. Everything works without it. */
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
})();
