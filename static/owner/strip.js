// A row of links that scrolls sideways shows the one that is current.

for (const link of document.querySelectorAll("nav [aria-current]")) {
  const strip = link.closest("ul, nav");
  strip.scrollLeft += link.getBoundingClientRect().left - strip.getBoundingClientRect().left - 16;
}
