/* The page of tasks by keyboard: j and k go through the tasks, x or space completes, s snoozes, Enter opens. */
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll("#tasks [data-task]")];
  const current = () => document.activeElement?.closest?.("[data-task]");
  const byId = (id) => document.getElementById(id);
  const go = (step) => {
    const all = rows();
    const place = all.indexOf(current());
    all[place < 0 ? 0 : Math.min(Math.max(place + step, 0), all.length - 1)]?.focus();
  };
  const press = (selector) => current()?.querySelector(selector)?.click();
  const snooze = () => {
    const summary = current()?.querySelector("[data-snooze]");
    if (!summary) return;
    summary.parentElement.open = true;
    summary.parentElement.querySelector("button.menu__item").focus();
  };
  const help = () => {
    const menu = byId("task-keys").parentElement;
    menu.open = !menu.open;
    byId("task-keys").focus();
  };
  const keys = {
    j: () => go(1),
    ArrowDown: () => go(1),
    k: () => go(-1),
    ArrowUp: () => go(-1),
    x: () => press("[data-complete]"),
    s: snooze,
    n: () => byId("new-task").click(),
    "?": help,
  };
  const onRow = {
    " ": () => press("[data-complete]"),
    Enter: () => press("[data-open]"),
  };
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target.matches?.("input, textarea, select") || target.closest?.("dialog[open], details.menu[open] .menu__panel")) return;
    const act = keys[key] ?? (target.matches?.("[data-task]") ? onRow[key] : null);
    if (!act) return;
    event.preventDefault();
    act();
  });

  // What was done to a task takes it off the list: the focus stays at its place.
  let place = -1;
  document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
    place = rows().indexOf(elt.closest("[data-task]"));
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (place < 0 || (document.activeElement && document.activeElement !== document.body)) return;
    const all = rows();
    (all[Math.min(place, all.length - 1)] ?? byId("main")).focus();
    place = -1;
  });
})();
