// A button with data-share-from="<id of a field>" opens the device's share sheet, if it has one.

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
      // An AbortError means that the sheet was closed without a choice.
      if (error.name !== "AbortError") throw error;
    }
  });
}
