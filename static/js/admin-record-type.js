// In Django's admin: lets a search for a record find those of one object type only.
"use strict";
{
  const { jQuery } = django;
  const narrowing = () => document.querySelector("select[data-narrows]");

  // select2 asks by jQuery, and reads the address once, when it begins.
  jQuery.ajaxPrefilter((options) => {
    const type = narrowing();
    const select = type && document.getElementById(type.dataset.narrows);
    if (type?.value && select && options.url === select.getAttribute("data-ajax--url")) {
      options.url += `?type=${encodeURIComponent(type.value)}`;
    }
  });

  document.addEventListener("change", (event) => {
    if (!event.target.matches("select[data-narrows]")) return;
    jQuery(document.getElementById(event.target.dataset.narrows)).val(null).trigger("change");
  });
}
