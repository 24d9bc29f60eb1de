"use strict";
// Hides what does not have all of the words. "/" goes to the field, Enter to the first that is found, Escape shows everything again.
const find = document.getElementById("find");
const words = document.getElementById("words");
const found = document.getElementById("found");
const articles = [...document.querySelectorAll("article")].map((element) => ({
  element,
  link: document.querySelector(`nav a[href="#${element.id}"]`).closest("li"),
  text: element.textContent.toLowerCase(),
}));

function show() {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { element, link, text } of articles) {
    const fits = wanted.every((word) => text.includes(word));
    element.hidden = link.hidden = !fits;
    if (fits) count++;
  }
  for (const section of document.querySelectorAll("section")) section.hidden = !section.querySelector("article:not([hidden])");
  for (const group of document.querySelectorAll("nav details")) {
    group.hidden = !group.querySelector("li:not([hidden])");
    group.open = wanted.length > 0 && !group.hidden;
  }
  found.textContent = wanted.length > 0 ? `${count} of ${articles.length}` : 'Press "/" to search.';
}

find.hidden = false;
words.addEventListener("input", show);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "/" && event.target !== words) {
    event.preventDefault();
    words.focus();
  } else if (event.key === "Escape" && words.value !== "") {
    words.value = "";
    show();
  } else if (event.key === "Enter" && event.target === words) {
    const first = articles.find(({ element }) => !element.hidden);
    if (!first) return;
    location.hash = first.element.id;
    first.element.querySelector("h3 a").focus({ preventScroll: true }); // after the address, which takes the focus along
  }
});
window.addEventListener("hashchange", () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.closest("[hidden]")) {
    words.value = "";
    show();
    target.scrollIntoView();
  }
});
show();
