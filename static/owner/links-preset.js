// A preset's date comes from the server. Its field takes the focus then, but not from who went on
// typing elsewhere meanwhile.

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id !== "expiry") return;
  detail.serverResponse = detail.serverResponse.replaceAll(" autofocus", "");
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id !== "expiry" || document.activeElement.matches("input")) return;
  document.querySelector("#expiry input").focus();
});

// Who saves meanwhile means that date, too: the form goes once it is there.

const coming = new Map(); // from a form to the button that it waits with, if it was pressed

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
