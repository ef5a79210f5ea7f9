// A form with data-guard asks before what was typed in it is lost. With data-guard="unsaved" it has
// come back from the server with errors, and all of it counts as unsaved from the start.

const content = (form) => new URLSearchParams(new FormData(form)).toString();
const guarded = new Map();
let leavingBySubmit = false;

for (const form of document.querySelectorAll("form[data-guard]")) {
  guarded.set(form, form.dataset.guard === "unsaved" ? null : content(form));
}

document.addEventListener("submit", (event) => {
  leavingBySubmit = guarded.has(event.target);
});

// The browser's Back button restores the page with its variables, so the submit is over here.
window.addEventListener("pageshow", () => {
  leavingBySubmit = false;
});

window.addEventListener("beforeunload", (event) => {
  if (leavingBySubmit) return;
  for (const [form, saved] of guarded) {
    if (form.isConnected && content(form) !== saved) event.preventDefault();
  }
});
