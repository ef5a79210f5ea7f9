// A live region that is full when the page loads is not read out by every screen reader. The same
// messages put in again, once the page has settled, are.

const region = document.querySelector("#messages");
if (region?.childElementCount) {
  setTimeout(() => {
    region.replaceChildren(...[...region.children].map((message) => message.cloneNode(true)));
  }, 200);
}
