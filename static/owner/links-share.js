// The device's own share sheet, where it has one: a button with data-share-from="<id of a field>".

function offerSharing() {
  for (const button of document.querySelectorAll("[data-share-from]")) button.hidden = false;
}

if (navigator.share) {
  offerSharing();
  document.addEventListener("htmx:afterSettle", offerSharing);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-share-from]");
    if (!button) return;
    try {
      await navigator.share({ url: document.getElementById(button.dataset.shareFrom).value });
    } catch (error) {
      // Closing the sheet without a choice is no error.
      if (error.name !== "AbortError") throw error;
    }
  });
}
