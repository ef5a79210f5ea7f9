// Some screen readers do not read out a live region that has content when the page loads. This
// inserts the same messages again once the page has settled.

const region = document.querySelector("#messages");
if (region?.childElementCount) {
  setTimeout(() => {
    region.replaceChildren(...[...region.children].map((message) => message.cloneNode(true)));
  }, 200);
}
