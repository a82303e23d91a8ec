/* The columns of an import: each list of choices stands in the page once and is filled in where it comes into sight.
   Without script each column has a page of its own. */
(() => {
  "use strict";
  const fill = (select) => {
    const { fill: kind, from } = select.dataset;
    const list = document.querySelector(`template[data-${kind}="${CSS.escape(from)}"]`);
    if (!list) return;
    const chosen = select.value;
    select.replaceChildren(list.content.cloneNode(true));
    select.value = chosen;
    delete select.dataset.fill;
  };
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      fill(target);
    }
  }, { rootMargin: "600px" });
  document.addEventListener("htmx:load", ({ detail: { elt } }) => {
    for (const select of elt.querySelectorAll("select[data-fill]")) seen.observe(select);
  });
  // Whoever is quicker than the observer, such as by the Tab key.
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches("select[data-fill]")) fill(target);
  });
})();
