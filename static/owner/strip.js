// A row of links that scrolls sideways shows the one that is current, and those beside it.

const middle = ({ left, width }) => left + width / 2;

for (const link of document.querySelectorAll("nav [aria-current]")) {
  const strip = link.closest("ul, nav");
  strip.scrollLeft += middle(link.getBoundingClientRect()) - middle(strip.getBoundingClientRect());
}
