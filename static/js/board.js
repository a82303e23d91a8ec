/* The board: cards are dragged, or moved by key; their menus and the toast's Undo move them in place too.
 * Everything ends in one request, which answers with the heads and the card; what it refuses goes back. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, listen) => document.addEventListener(type, listen);
  const cardOf = (element) => element?.closest?.("[data-card]");
  const board = () => $("[data-board]");
  const list = (stage) => $(`.column__cards[data-stage="${stage}"]`);
  const byId = (id) => $(`#card-${id}`);
  const cards = (column) => $$(":scope > [data-card]", column);
  const nameOf = (card) => $(".board-card__name", card);
  const isSorted = () => board().hasAttribute("data-sorted");

  // --- Places: a card's is its column and the card behind it. ---
  const placeOf = (card) => ({ column: card.parentElement, next: card.nextElementSibling });
  const isAt = (card, { column, next }) => card.parentElement === column && card.nextElementSibling === next;
  const put = (card, { column, next }) => {
    const hadFocus = card.contains(document.activeElement);
    // What stood behind it may be gone, such as the button for more.
    column.insertBefore(card, next?.parentElement === column ? next : $(":scope > .column__more", column));
    if (hadFocus) nameOf(card).focus();
  };
  const top = (column) => ({ column, next: column.firstElementChild });

  // --- Saving: the card is there at once, and goes back where that is refused. ---
  const waiting = new Map(); // by the card's id, where it came from
  const neighbours = (card) => {
    const [before, after] = [card.nextElementSibling, card.previousElementSibling];
    return { after: after?.dataset.card ?? "", before: before?.dataset.card ?? "" };
  };
  const save = (card, from, place = neighbours(card)) => {
    const id = card.dataset.card;
    waiting.set(id, from);
    const url = `${board().dataset.url}${id}/move/?${board().dataset.query}`;
    htmx.ajax("POST", url, { source: card, swap: "none", values: { stage: card.parentElement.dataset.stage, ...place } });
  };
  on("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
    const id = elt.dataset?.card;
    const from = waiting.get(id);
    if (!from) return;
    waiting.delete(id);
    const refused = xhr.status === 0 || xhr.status >= 400; // a refused form is no failure to htmx
    if (refused && byId(id)) put(byId(id), from);
  });
  /* Heard before the new heads and the card are swapped in: after a dialog it has to go where it was dropped. */
  on("kith:moved", ({ detail: { card: id, stage, after, before } }) => {
    const [card, column] = [byId(id), list(stage)];
    if (!card || !column || card.parentElement === column) return;
    const [above, below] = [byId(after ?? ""), byId(before ?? "")];
    if (above?.parentElement === column) put(card, { column, next: above.nextElementSibling });
    else put(card, below?.parentElement === column ? { column, next: below } : top(column));
  });
  /* More of a column may bring a card that stands in it already, where it was dropped. */
  on("htmx:afterSettle", () => {
    for (const card of $$("[data-card]")) if (byId(card.dataset.card) !== card) card.remove();
  });

  // --- By pointer: the card itself moves along, as a place to come. ---
  let dragged = null;
  let origin = null;
  on("dragstart", (event) => {
    const card = event.target.matches?.("[data-card]") ? event.target : null;
    if (!card) return;
    [dragged, origin] = [card, placeOf(card)];
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", nameOf(card).href);
    // Afterwards, or the picture under the pointer would be dimmed too.
    setTimeout(() => dragged?.classList.add("is-dragged"));
  });
  on("dragover", (event) => {
    const column = dragged && $(".column__cards", event.target.closest?.(".column") ?? document.createElement("p"));
    if (!column) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    const middle = (card) => card.getBoundingClientRect().top + card.offsetHeight / 2;
    const next = cards(column).find((card) => card !== dragged && event.clientY < middle(card));
    const place = { column, next: next ?? $(":scope > .column__more", column) };
    if (place.next !== dragged && !isAt(dragged, place)) put(dragged, place);
  });
  on("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const [card, from] = [dragged, origin];
    end();
    finish(card, from);
  });
  on("dragend", () => {
    if (dragged) put(dragged, origin);
    end();
  });
  const end = () => {
    dragged?.classList.remove("is-dragged");
    dragged = origin = null;
  };
  const finish = (card, from) => {
    if (isSorted() && card.parentElement === from.column) put(card, from); // it has its place by what it is sorted by
    else if (!isAt(card, from)) save(card, from);
  };

  // --- By key: Space picks a card up, arrows move it, Space or Enter drops it, Escape puts it back. ---
  let picked = null;
  let home = null;
  const say = (what, card) => {
    const says = $("#board-says");
    const column = card.closest(".column");
    const all = cards(card.parentElement);
    const words = {
      card: nameOf(card).textContent,
      stage: $(".column__name", column).textContent,
      place: all.indexOf(card) + 1,
      of: all.length,
    };
    says.textContent = says.dataset[what].replace(/{(\w+)}/g, (_whole, word) => words[word]);
  };
  const pick = (card) => {
    [picked, home] = [card, placeOf(card)];
    card.classList.add("is-picked");
    say("picked", card);
  };
  const drop = () => {
    const [card, from] = [picked, home];
    letGo();
    say("dropped", card);
    finish(card, from);
  };
  const putBack = () => {
    const [card, from] = [picked, home];
    letGo();
    put(card, from);
    say("back", card);
  };
  const letGo = () => {
    picked.classList.remove("is-picked");
    picked = home = null;
  };
  /* Return the place that an arrow leads a picked card to. */
  const towards = (key, card) => {
    const column = card.parentElement;
    const all = cards(column);
    const place = all.indexOf(card);
    if (key === "ArrowUp") return place > 0 ? { column, next: all[place - 1] } : null;
    if (key === "ArrowDown") return place < all.length - 1 ? { column, next: all[place + 1].nextElementSibling } : null;
    const beside = neighbouring(key, column);
    return beside && { column: beside, next: cards(beside)[place] ?? $(":scope > .column__more", beside) };
  };
  const neighbouring = (key, column) => {
    const columns = $$(".column__cards");
    const step = (key === "ArrowRight") === (getComputedStyle(column).direction === "ltr") ? 1 : -1;
    return columns[columns.indexOf(column) + step];
  };
  /* Return the card that an arrow leads the focus to: beside, the one at the same height. */
  const besides = (key, card) => {
    const all = cards(card.parentElement);
    const place = all.indexOf(card);
    if (key === "ArrowUp") return all[place - 1];
    if (key === "ArrowDown") return all[place + 1];
    for (let column = neighbouring(key, card.parentElement); column; column = neighbouring(key, column)) {
      const there = cards(column);
      if (there.length) return there[Math.min(place, there.length - 1)];
    }
    return null;
  };
  on("keydown", (event) => {
    const card = event.target.matches?.(".board-card__name") ? cardOf(event.target) : null;
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    const isArrow = event.key.startsWith("Arrow");
    if (picked === card) {
      if (event.key === "Tab") return;
      event.preventDefault();
      if (event.key === "Escape") putBack();
      else if (event.key === " " || event.key === "Enter") drop();
      else if (isArrow) {
        const place = towards(event.key, card);
        if (!place) return;
        put(card, place);
        card.scrollIntoView({ block: "nearest", inline: "nearest" });
        say("moved", card);
      }
    } else if (event.key === " ") {
      event.preventDefault();
      pick(card);
    } else if (isArrow) {
      event.preventDefault();
      const other = besides(event.key, card);
      if (other) nameOf(other).focus();
    }
  });
  /* The focus goes elsewhere (and is not merely on its way with the card): as Escape. */
  on("focusout", (event) => {
    if (picked && cardOf(event.target) === picked) {
      setTimeout(() => picked && document.activeElement !== nameOf(picked) && putBack());
    }
  });

  // --- By menu, and back by the toast's Undo: the same, and without a script a plain form. ---
  on("submit", (event) => {
    const form = event.target;
    const undoes = form.closest(".toast") && new URL(form.action).pathname.endsWith("/move/");
    if (!board() || !(form.matches("[data-move]") || undoes)) return;
    const id = new URL(form.action).pathname.split("/").at(-3);
    const card = byId(id);
    const column = list(event.submitter?.value || form.elements.stage?.value);
    if (!card || !column) return;
    event.preventDefault();
    const from = placeOf(card);
    const after = undoes ? form.elements.after?.value ?? "" : "";
    const above = after ? byId(after) : null;
    const place = above?.parentElement === column ? { column, next: above.nextElementSibling } : top(column);
    form.closest(".toast")?.remove();
    $("details[open]", card)?.removeAttribute("open");
    if (place.next !== card) put(card, place);
    save(card, from, { after, before: "" });
  });
})();
