/* Files: dropped onto a form they are chosen in its field, and one that is too large is said before it is sent.
   Without script the field and the server do the same. */
(() => {
  "use strict";
  const on = (type, listen) => document.addEventListener(type, listen);
  const targetOf = (event) => {
    const holdsFiles = [...(event.dataTransfer?.types ?? [])].includes("Files");
    return (holdsFiles && event.target.closest?.("[data-activity-editor], [data-drop-files]")) || null;
  };
  const mark = (target) => {
    for (const one of document.querySelectorAll(".is-dropping")) if (one !== target) one.classList.remove("is-dropping");
    target?.classList.add("is-dropping");
  };

  on("dragover", (event) => {
    const target = targetOf(event);
    mark(target);
    if (target) event.preventDefault();
  });
  on("dragleave", (event) => {
    if (!event.relatedTarget) mark(null);
  });
  on("drop", (event) => {
    const target = targetOf(event);
    mark(null);
    const field = target?.querySelector("input[type=file]");
    if (!field) return;
    event.preventDefault();
    const both = new DataTransfer();
    for (const file of [...field.files, ...event.dataTransfer.files]) both.items.add(file);
    field.files = both.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // What is too large need not travel first.
  on("change", ({ target }) => {
    if (!target.matches?.("input[type=file][data-most]")) return;
    const large = [...target.files].filter((file) => file.size > Number(target.dataset.most));
    const note = target.parentElement.querySelector("[data-large-note]") ?? document.createElement("div");
    note.remove();
    if (!large.length) return;
    note.dataset.largeNote = "";
    note.className = "field__error";
    note.setAttribute("role", "alert");
    note.textContent = `${target.dataset.tooLarge} ${large.map((file) => file.name).join(", ")}`;
    target.value = "";
    target.after(note);
  });
})();
