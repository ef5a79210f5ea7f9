// A <dialog data-loads> opens when htmx has put content into it, and is emptied when it closes.

document.addEventListener("htmx:afterSettle", (event) => {
  const dialog = event.target.closest?.("dialog[data-loads]");
  if (!dialog || dialog.open || !dialog.childElementCount) return;
  dialog.showModal();
});

for (const dialog of document.querySelectorAll("dialog[data-loads]")) {
  dialog.addEventListener("close", () => dialog.replaceChildren());
  // A click on the backdrop is a click on the dialog's own box outside its content.
  dialog.addEventListener("mousedown", (event) => {
    if (event.target !== dialog) return;
    event.preventDefault(); // or the press would take the focus that closing gives back
    dialog.close();
  });
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-close-dialog]")?.closest("dialog")?.close();
});
