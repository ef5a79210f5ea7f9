// Removes an element with data-vanishes-in="<seconds>" after that time: its undo is over.

const timed = new WeakSet();

function watch() {
  for (const element of document.querySelectorAll("[data-vanishes-in]")) {
    if (timed.has(element)) continue;
    timed.add(element);
    setTimeout(() => element.remove(), Number(element.dataset.vanishesIn) * 1000);
  }
}

watch();
document.addEventListener("htmx:afterSettle", watch);
