/* What HTML and htmx do not do by themselves: dialogs, focus, menus, toasts, keys. Everything works without it. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, listen) => document.addEventListener(type, listen);
  const byId = (id) => document.getElementById(id);
  const dialog = byId("dialog");
  const toasts = byId("toasts");
  const lostFocus = () => document.activeElement === document.body || !document.activeElement;

  // --- Dialog: what htmx loads into it opens it; Escape and Cancel close it; focus goes back. ---
  let opener = null;
  let typed = false;
  const close = () => dialog.open && dialog.close();
  on("htmx:beforeRequest", ({ detail: { elt } }) => {
    if (!elt.dataset.dialog) return;
    opener = elt;
    dialog.className = `dialog dialog--${elt.dataset.dialog}`;
  });
  const show = () => {
    typed = false;
    dialog.showModal();
    $("[autofocus], input:not([type=hidden]), select, textarea", dialog)?.focus();
  };
  on("htmx:afterSwap", ({ detail: { target } }) => {
    if (target === dialog && !dialog.open) show();
  });
  dialog.addEventListener("close", () => {
    if (dialog.open) return; // the event comes late: something else was opened meanwhile
    toasts.append(...$$("[data-toast]", dialog));
    dialog.replaceChildren();
    (opener?.isConnected ? opener : byId(opener?.id))?.focus();
  });
  dialog.addEventListener("input", () => (typed = true));
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // in a search field browsers would only empty it
    close();
  });
  dialog.addEventListener("pointerdown", (event) => {
    // A slip onto the backdrop throws nothing away that was typed; Escape and Cancel say what they mean.
    if (event.target === dialog && !(typed && $(".sheet", dialog))) close();
  });
  on("click", (event) => {
    if (event.target.closest("[data-close]") && dialog.contains(event.target)) {
      event.preventDefault();
      close();
    }
  });
  on("kith:done", ({ detail }) => {
    close();
    byId(detail.focus)?.focus();
  });

  // --- Rules did something besides what was swapped in: fetch the rest of the page. ---
  on("kith:rules-ran", () => {
    const address = location.pathname + location.search;
    htmx.ajax("GET", address, { target: "#main", select: "#main", swap: "outerHTML", headers: { "HX-Request": "false" } });
  });

  // --- A part that htmx swapped in takes the focus where one is to go on typing; else it goes back. ---
  let focusNext = "";
  let optionsBefore = 0;
  on("htmx:beforeRequest", ({ detail: { elt } }) => {
    focusNext = elt.closest("[data-focus]")?.dataset.focus ?? "add-filter";
    if (elt.matches("[data-more]")) optionsBefore = $$("#picker-results .option").length;
  });
  on("htmx:afterSettle", ({ detail: { elt } }) => {
    const fields = "[autofocus], input:not([type=hidden], [type=checkbox]), select, textarea";
    const target = $(".has-error :is(input, select, textarea)", elt)
      ?? (elt.matches(".property--editing, .card__labels--editing") ? $("input[type=radio]:checked, input[type=checkbox]", elt) : null)
      ?? (elt.matches(".property--editing, #picker") ? $(fields, elt) : $(".filter-editor select", elt));
    if (target && !elt.contains(document.activeElement)) target.focus();
    if (elt.matches("#picker, #picker-results")) drawChips();
    if (!lostFocus()) return;
    if (elt.matches(".property, .card__labels")) $(".property__edit, .card__edit", elt)?.focus();
    else if (elt.matches("#list")) byId(focusNext)?.focus();
    else if (elt.matches("[id^=filter-choices]")) $("input[type=search]", elt.closest(".menu"))?.focus();
    else if (elt.matches("#picker-results")) $("input", $$(".option", elt)[optionsBefore])?.focus();
  });

  // --- What goes wrong on the way: say so, and leave everything as it is. ---
  const complain = (name) => toasts.append(byId(`toast-${name}`).content.cloneNode(true));
  on("htmx:sendError", () => complain("unreachable"));
  on("htmx:responseError", ({ detail: { xhr } }) => complain(xhr.status < 500 ? "refused" : "unreachable"));

  // --- Toasts: above an open dialog; they leave by themselves, those that offer an undo later. ---
  const expire = (toast) => setTimeout(() => toast.remove(), toast.hasAttribute("data-toast-long") ? 20000 : 6000);
  new MutationObserver((changes) => {
    for (const toast of changes.flatMap((change) => [...change.addedNodes])) {
      if (!toast.matches?.("[data-toast]")) continue;
      expire(toast);
      if (dialog.open) dialog.append(toast);
    }
  }).observe(toasts, { childList: true, subtree: true });
  $$("[data-toast]", toasts).forEach(expire);
  on("click", (event) => event.target.closest("[data-dismiss]")?.closest("[data-toast]").remove());

  // --- In-place editing: a click on the value opens it, Enter saves, Escape cancels. ---
  on("click", (event) => {
    const value = event.target.closest(".property__value");
    if (value && !event.target.closest("a, button") && !getSelection().toString()) $(".property__edit", value)?.click();
  });
  on("keydown", (event) => {
    const form = event.target.closest?.("[data-inline-edit]");
    if (!form) return;
    const saves = event.key === "Enter" && (event.target.matches("select") || event.ctrlKey || event.metaKey);
    if (!saves && event.key !== "Escape") return;
    event.preventDefault();
    if (saves) form.requestSubmit();
    else $("[data-cancel]", form).click();
  });

  // --- Menus: one at a time; Escape, a click and the focus elsewhere close them; arrows move. ---
  for (const type of ["click", "focusin"]) {
    on(type, (event) => {
      for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    });
  }
  on("keydown", (event) => {
    const menu = event.target.closest?.("details.menu[open]");
    if (!menu) return;
    if (event.key === "Escape") {
      menu.open = false;
      $("summary", menu).focus();
      return;
    }
    const items = $$("a.menu__item, button.menu__item, .menu__item input", menu);
    if (event.key === "Enter" && event.target.matches("[type=search]") && items.length) {
      event.preventDefault();
      items[0].focus();
    } else move(event, items, null);
  });
  // A menu that can be searched is opened to type; by touch that would bring up a keyboard. (No bubbling.)
  document.addEventListener("toggle", ({ target }) => {
    if (target.matches("details.menu[open]") && matchMedia("(hover: hover)").matches) $("[type=search]", target)?.focus();
  }, true);

  /* Move the focus among items by arrow key; up from the first one goes to `above`, or round to the last. */
  const move = (event, items, above) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const place = items.indexOf(document.activeElement);
    if (above) (place + step < 0 ? above : items[Math.min(place + step, items.length - 1)])?.focus();
    else items[(Math.max(place, step < 0 ? 0 : -1) + step + items.length) % items.length]?.focus();
  };

  // --- Views: of many tabs the open one is in sight. ---
  $(".views__tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

  // --- List: how many rows are ticked, tick all. ---
  const boxes = () => $$("#rows td input[name=selected]");
  const count = () => {
    const number = boxes().filter((box) => box.checked).length;
    $$("[data-selected-count]").forEach((element) => (element.textContent = number));
    $$("[data-for-selected]").forEach((button) => (button.hidden = Number(button.dataset.forSelected) !== number));
    $$("[data-select-all]").forEach((box) => {
      box.checked = number > 0 && number === boxes().length;
      box.indeterminate = number > 0 && !box.checked;
    });
  };
  on("change", (event) => {
    if (event.target.matches("[data-select-all]")) boxes().forEach((box) => (box.checked = event.target.checked));
    if (event.target.closest("#rows")) count();
  });
  on("reset", () => setTimeout(count));
  window.addEventListener("pageshow", count); // a browser restores ticks on its way back

  // --- Rich text: an editor for each box of it, also in what htmx swaps in. ---
  htmx.onLoad((part) => {
    const areas = $$("textarea[data-rich-text]", part.parentElement ?? part);
    for (const area of areas) import(area.dataset.richText).then(({ enhance }) => enhance(area));
  });

  // --- Picker: ticked records as chips; arrows move, space ticks, Enter saves. ---
  const options = (which) => $$(`#picker-results .option > label > input${which}`);
  const drawChips = () => {
    const chips = $("#picker-results #picker-chips");
    if (!chips) return;
    $$("[data-chip]", chips).forEach((chip) => chip.remove());
    for (const box of options("[name=selected]:checked")) {
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
  on("change", ({ target }) => {
    const search = byId("picker-q");
    if (target.matches(".pick > .chip > input")) {
      target.closest("li").remove();
      (search ?? $("[name^=new-]", dialog))?.focus();
    } else if (target.closest("#picker-results")) drawChips();
    else return;
    // A search under way does not know of this tick: ask again.
    if (search?.classList.contains("htmx-request")) htmx.trigger(search, "search");
  });
  on("click", (event) => {
    const chip = event.target.closest("[data-unticks]");
    if (!chip) return;
    const box = $(`#picker-results .option input[value="${chip.dataset.unticks}"]`);
    box.focus();
    box.click();
  });
  on("keydown", (event) => {
    const search = event.target.id === "picker-q";
    if (!search && !event.target.matches?.("#picker-results .option input, #picker .label-choice input")) return;
    const open = options(":not(:disabled)");
    if (event.key === "Enter") {
      event.preventDefault();
      if (search) open[0]?.focus();
      else event.target.form.requestSubmit($(".sheet__foot .button--primary", event.target.form));
    } else if (!event.target.closest(".label-choice")) move(event, open, byId("picker-q"));
  });

  // --- The records of an activity: Enter leads from the search to what it found; arrows move. ---
  on("keydown", (event) => {
    if (!event.target.matches?.("#others-q, #others-list .option input")) return;
    const boxes = $$("#others-list .option > label > input:not(:disabled)");
    if (event.key === "Enter" && event.target.id === "others-q") {
      event.preventDefault();
      $("#others-found input")?.focus();
    } else move(event, boxes, byId("others-q"));
  });

  // --- Global search: ⌘K, Ctrl-K or / from anywhere; arrows and Enter within. ---
  if (/Mac|iP/.test(navigator.platform)) $$("[data-shortcut]").forEach((key) => (key.textContent = "⌘K"));
  /* At once, from the page itself: what one types next must not be lost on the way. */
  const openSearch = (from) => {
    const palette = byId("palette-template");
    if (!palette || dialog.open) return false;
    opener = from;
    dialog.className = "dialog dialog--search";
    dialog.replaceChildren(palette.content.cloneNode(true));
    htmx.process(dialog);
    show();
    return true;
  };
  on("click", (event) => {
    const link = event.target.closest("[data-open-search]");
    if (link && !event.ctrlKey && !event.metaKey && openSearch(link)) event.preventDefault();
  });
  on("keydown", (event) => {
    const typing = event.target.matches?.("input, textarea, select");
    const wanted = ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") || (event.key === "/" && !typing);
    if (wanted && openSearch(lostFocus() ? byId("open-search") : document.activeElement)) event.preventDefault();
    if (!event.target.closest?.("[data-palette]")) return;
    const items = $$(".palette__item");
    const shown = byId("palette-results").dataset.text;
    if (event.key === "Enter" && event.target.matches("input") && items.length && shown === event.target.value.trim()) {
      event.preventDefault();
      items[0].click();
    } else move(event, items, byId("palette-q"));
  });
})();
