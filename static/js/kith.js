/* What HTML and htmx do not do by themselves: dialogs, menus, toasts, keys. Everything works without it. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const dialog = $("#dialog");
  let opener = null;

  // --- Dialog: what htmx loads into it opens it; Escape and Cancel close it; focus goes back. ---
  const close = () => dialog.open && dialog.close();
  document.addEventListener("htmx:beforeRequest", (event) => {
    const kind = event.detail.elt.dataset.dialog;
    if (!kind) return;
    opener = event.detail.elt;
    dialog.className = `dialog dialog--${kind}`;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === dialog && !dialog.open) {
      dialog.showModal();
      $("[autofocus], input:not([type=hidden]), select, textarea", dialog)?.focus();
    }
  });
  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    if (opener?.id) document.getElementById(opener.id)?.focus();
    else opener?.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) close(); // the backdrop
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]") && dialog.contains(event.target)) {
      event.preventDefault();
      close();
    }
  });
  document.addEventListener("kith:done", (event) => {
    close();
    if (event.detail.focus) document.getElementById(event.detail.focus)?.focus();
  });

  // --- A part that htmx swapped in takes the focus where it holds a refused field or a form. ---
  document.addEventListener("htmx:afterSettle", (event) => {
    const root = event.detail.elt;
    const target = $(".has-error input, .has-error select, .has-error textarea", root)
      ?? (root.matches?.(".property--editing, #picker") ? $("[autofocus], input:not([type=hidden], [type=checkbox]), select, textarea", root) : null)
      ?? $(".filter-editor select", root);
    if (target && !root.contains(document.activeElement)) target.focus();
    if (root.matches?.("#list")) count();
    if (root.matches?.("#picker, #picker-results")) drawChips();
  });

  // --- In-place editing: Escape cancels, and the pencil has the focus again. ---
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("[data-inline-edit]");
    if (!form) return;
    if (event.key === "Escape") {
      event.preventDefault();
      $("[data-cancel]", form).click();
    }
  });
  document.addEventListener("dblclick", (event) => {
    event.target.closest?.(".property__value")?.querySelector(".property__edit")?.click();
  });
  document.addEventListener("click", (event) => {
    const value = event.target.closest?.(".property__value");
    if (value && !event.target.closest("a, button") && !getSelection().toString()) $(".property__edit", value)?.click();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const pencil = event.detail.elt.matches?.(".property") && $(".property__edit", event.detail.elt);
    if (pencil && document.activeElement === document.body) pencil.focus();
  });

  // --- Menus: one at a time; Escape and a click elsewhere close them. ---
  document.addEventListener("click", (event) => {
    for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.menu[open]");
    if (!menu) return;
    const items = $$(".menu__item", menu);
    const place = items.indexOf(document.activeElement);
    if (event.key === "Escape") {
      menu.open = false;
      $("summary", menu).focus();
      event.stopPropagation();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      items[(place + (event.key === "ArrowDown" ? 1 : items.length - 1 + (place < 0 ? 1 : 0))) % items.length]?.focus();
    }
  });

  // --- Toasts: leave by themselves, the ones that offer an undo later. ---
  const expire = (toast) => setTimeout(() => toast.remove(), toast.hasAttribute("data-toast-long") ? 20000 : 6000);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.matches?.("[data-toast]")) expire(node);
  }).observe($("#toasts"), { childList: true, subtree: true });
  $$("[data-toast]").forEach(expire);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) event.target.closest("[data-toast]").remove();
  });

  // --- List: how many rows are ticked, tick all. ---
  const boxes = () => $$("#list input[name=selected]");
  const count = () => {
    const number = boxes().filter((box) => box.checked).length;
    $$("[data-selected-count]").forEach((element) => (element.textContent = number));
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) boxes().forEach((box) => (box.checked = event.target.checked));
    if (event.target.closest("#list")) count();
  });
  document.addEventListener("reset", () => setTimeout(count));

  // --- Picker: ticked records as chips; arrows move, space ticks, Enter saves. ---
  const drawChips = () => {
    const chips = $("#picker-chips");
    if (!chips) return;
    $$("[data-chip]", chips).forEach((chip) => chip.remove());
    for (const box of $$("#picker-results .option input[name=selected]:checked")) {
      const item = document.createElement("li");
      item.dataset.chip = "";
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "chip";
      chip.dataset.unticks = box.value;
      chip.textContent = $(".option__name", box.closest("label")).textContent;
      item.append(chip);
      chips.append(item);
    }
  };
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.closest("#picker-chips")) box.closest("li").remove();
    else if (box.closest("#picker-results")) drawChips();
  });
  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.("[data-unticks]");
    if (!chip) return;
    const box = $(`#picker-results .option input[value="${chip.dataset.unticks}"]`);
    box.checked = false;
    drawChips();
    box.focus();
  });
  document.addEventListener("keydown", (event) => {
    const inSearch = event.target.id === "picker-q";
    const inOptions = event.target.matches?.("#picker-results .option input");
    if (!inSearch && !inOptions) return;
    const options = $$("#picker-results .option input:not(:disabled)");
    const place = options.indexOf(event.target);
    if (event.key === "ArrowDown") {
      event.preventDefault();
      options[Math.min(place + 1, options.length - 1)]?.focus();
    } else if (event.key === "ArrowUp") {
      event.preventDefault();
      (place > 0 ? options[place - 1] : $("#picker-q")).focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (inSearch) options[0]?.focus();
      else event.target.form.requestSubmit($(".sheet__foot .button--primary", event.target.form));
    }
  });

  // --- Global search: ⌘K, Ctrl-K or / from anywhere; arrows and Enter within. ---
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, textarea, select, [contenteditable]");
    const wanted = ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") || (event.key === "/" && !typing);
    if (wanted && !dialog.open && $("#open-search")) {
      event.preventDefault();
      $("#open-search").click();
    }
    if (!event.target.closest?.("[data-palette]")) return;
    const items = $$(".palette__item");
    let place = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      items[place]?.removeAttribute("aria-selected");
      place = (place + (event.key === "ArrowDown" ? 1 : -1) + items.length) % Math.max(items.length, 1);
      items[place]?.setAttribute("aria-selected", "true");
      items[place]?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && items.length) {
      event.preventDefault();
      (items[place] ?? items[0]).click();
    }
  });
})();
