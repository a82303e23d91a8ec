// In Django's admin: offers the labels of two records as soon as both are chosen.
"use strict";
{
  const { jQuery } = django;

  const ask = async (container, one, other, name) => {
    const url = new URL(container.dataset.labels, location.href);
    url.search = new URLSearchParams({ one, other, name });
    container.dataset.asked = url.search;
    const response = await fetch(url, { credentials: "same-origin" });
    // What was chosen meanwhile has asked anew.
    if (!response.ok || container.dataset.asked !== url.search) return;
    const offered = new DOMParser().parseFromString(await response.text(), "text/html").body.firstElementChild;
    if (container.dataset.one) offered.dataset.one = container.dataset.one;
    offered.dataset.asked = url.search;
    container.replaceWith(offered);
  };

  // select2 tells jQuery alone of a choice.
  jQuery(document).on("change", "select.admin-autocomplete", (event) => {
    const select = event.target;
    const container = (select.closest("tr.form-row") || select.form).querySelector("[data-labels]");
    if (!container) return;
    const first = container.dataset.one ? null : select.form.elements.record_a;
    const one = container.dataset.one || first.value;
    const other = first ? select.form.elements.record_b.value : select.value;
    ask(container, one, other, select.name.replace(/(other|record_a|record_b)$/, "labels"));
  });
}
