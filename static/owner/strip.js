// Scrolls a row of links sideways until the current one is in its middle.

const middle = ({ left, width }) => left + width / 2;

for (const link of document.querySelectorAll("nav [aria-current]")) {
  const strip = link.closest("ul, nav");
  strip.scrollLeft += middle(link.getBoundingClientRect()) - middle(strip.getBoundingClientRect());
}
