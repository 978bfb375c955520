"use strict";
// Filters over the cards; what is chosen stands in the address, so that it can be linked to.

const form = document.querySelector(".filters");
const cards = [...document.querySelectorAll(".card")];

function filter() {
  const wanted = [...new FormData(form)].filter(([, value]) => value);
  let count = 0;
  for (const card of cards) {
    card.hidden = !wanted.every(([name, value]) => card.dataset[name] === value);
    count += !card.hidden;
  }
  form.querySelector("[role=status]").textContent = `${count} of ${cards.length} exhibits`;
  return wanted;
}

function read() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const select of form.querySelectorAll("select")) {
    select.value = wanted.get(select.name) ?? "";
    if (select.selectedIndex < 0) select.value = "";
  }
  filter();
}

function note() {
  const hash = new URLSearchParams(filter()).toString();
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname);
}

if (form) {
  form.hidden = false;
  form.addEventListener("change", note);
  form.addEventListener("reset", () => setTimeout(note));
  addEventListener("hashchange", read);
  read();
}
