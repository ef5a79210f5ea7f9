// A preset's date comes from the server. Its field then takes the focus, unless the owner has gone
// on typing in another field.

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id !== "expiry") return;
  detail.serverResponse = detail.serverResponse.replaceAll(" autofocus", "");
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id !== "expiry" || document.activeElement.matches("input")) return;
  document.querySelector("#expiry input").focus();
});

// If the form is submitted while the date is on its way, it is sent once the date is there.

const coming = new Map(); // from a form that waits to the button that submitted it, or null

document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target.name === "preset") coming.set(target.form, null);
});

document.addEventListener(
  "submit",
  (event) => {
    if (!coming.has(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    coming.set(event.target, event.submitter);
  },
  { capture: true },
);

document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (target.name !== "preset") return;
  const pressed = coming.get(target.form);
  coming.delete(target.form);
  if (pressed && detail.successful) target.form.requestSubmit(pressed);
});
