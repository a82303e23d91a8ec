/* The editors of activities: focus, Escape, and drafts, which stay in this browser until they are saved or one
   signs out. Without script an editor is a page of its own. */
(() => {
  "use strict";
  const PREFIX = "kith:draft:";
  const WAIT = 300; // milliseconds after the last letter
  const on = (type, listen) => document.addEventListener(type, listen);
  const editorOf = (element) => element.closest?.("[data-activity-editor]");
  // Private windows may refuse to store anything: then there are no drafts.
  const stored = (act) => {
    try {
      return act(window.localStorage);
    } catch {
      return null;
    }
  };
  const keyOf = (form) => PREFIX + form.dataset.draft;
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name.startsWith("activity-"));

  // --- Drafts ---
  const valuesOf = (form) =>
    fieldsOf(form).map((field) => [field.name, field.value, field.matches("[type=checkbox], [type=radio]") ? field.checked : null]);
  const keep = (form) => {
    if (form.dataset.draft && form.isConnected) stored((storage) => storage.setItem(keyOf(form), JSON.stringify(valuesOf(form))));
  };
  const forget = (form) => {
    clearTimeout(waiting);
    if (form.dataset.draft) stored((storage) => storage.removeItem(keyOf(form)));
  };
  /* Put back what was typed; the editor of rich text is made afterwards, of the box that holds it. */
  const restore = (form) => {
    const draft = stored((storage) => JSON.parse(storage.getItem(keyOf(form))));
    if (!Array.isArray(draft) || form.querySelector(".has-error, [role=alert]")) return;
    const left = [...draft];
    for (const field of fieldsOf(form)) {
      const box = field.matches("[type=checkbox], [type=radio]");
      const place = left.findIndex(([name, value]) => name === field.name && (!box || value === field.value));
      if (place < 0) continue;
      const [[, value, checked]] = left.splice(place, 1);
      if (box) field.checked = checked;
      else field.value = value;
    }
    form.querySelector("[data-draft-note]").hidden = false;
    // Who takes part stands in the addresses.
    form.querySelector("[name$=_to_email]")?.dispatchEvent(new Event("change", { bubbles: true }));
  };
  let waiting = 0;
  const typedIn = (target) => (target.closest?.(".others") ? null : editorOf(target));
  on("input", ({ target }) => {
    const form = typedIn(target);
    if (!form?.dataset.draft) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => keep(form), WAIT);
  });
  window.addEventListener("pagehide", () => document.querySelectorAll("[data-draft][data-typed]").forEach(keep));
  on("input", ({ target }) => {
    const form = typedIn(target);
    if (form) form.dataset.typed = "";
  });
  on("submit", ({ target }) => {
    // A page of its own is answered by another page, which holds all that was typed if it was refused.
    if (target.matches("[data-draft]:not([hx-post])")) {
      forget(target);
      delete target.dataset.typed;
    }
    if (target.matches("[data-sign-out]")) {
      stored((storage) => Object.keys(storage).filter((key) => key.startsWith(PREFIX)).forEach((key) => storage.removeItem(key)));
    }
  });
  // Saved is what the server says so of: the editor goes then.
  on("htmx:afterRequest", ({ detail: { requestConfig, successful } }) => {
    if (requestConfig?.elt.matches("[data-activity-editor]") && successful) forget(requestConfig.elt);
  });
  on("click", ({ target }) => {
    if (!target.closest("[data-draft-discard]")) return;
    const form = editorOf(target);
    forget(form);
    delete form.dataset.typed;
    const opener = document.getElementById(form.dataset.opener);
    if (opener) opener.click();
    else location.reload();
  });

  // --- Opening and closing ---
  htmx.onLoad((part) => {
    const forms = part.matches?.("[data-activity-editor]") ? [part] : [...part.querySelectorAll("[data-activity-editor]")];
    for (const form of forms) {
      if (form.dataset.draft) restore(form);
      if (part === document.body) continue;
      const wrong = form.querySelector(".has-error :is(input, select, textarea)");
      (wrong ?? form.querySelector("[autofocus]"))?.focus();
    }
  });
  const close = (form) => {
    const opener = document.getElementById(form.dataset.opener);
    if (form.dataset.typed !== undefined) keep(form);
    form.remove();
    opener?.focus();
  };
  on("click", (event) => {
    const link = event.target.closest("[data-editor-close]");
    if (!link || !link.closest("#timeline-editor")) return; // elsewhere the link leads back by itself
    event.preventDefault();
    close(editorOf(link));
  });
  on("keydown", (event) => {
    const form = event.key === "Escape" && editorOf(event.target);
    if (form && !event.target.closest("dialog, details.menu[open]")) form.querySelector("[data-editor-close]").click();
  });

  // --- An email that was received came from whom one would have written to. ---
  on("change", ({ target }) => {
    if (target.name !== "activity-hs_email_direction") return;
    const [from, to] = ["from", "to"].map((end) => target.form.elements[`activity-hs_email_${end}_email`]);
    const received = target.value === "INCOMING_EMAIL";
    const mine = target.form.dataset.mine ?? (target.form.dataset.mine = from.defaultValue);
    if (from && to && received === (from.value === mine)) [from.value, to.value] = [to.value, from.value];
  });
})();
