// A form with data-guard asks before what was typed in it is lost. data-guard="unsaved": it came back
// from the server with errors, so all of it is unsaved from the start.

const content = (form) => new URLSearchParams(new FormData(form)).toString();
const guarded = new Map();
let leavingBySubmit = false;

for (const form of document.querySelectorAll("form[data-guard]")) {
  guarded.set(form, form.dataset.guard === "unsaved" ? null : content(form));
}

document.addEventListener("submit", (event) => {
  leavingBySubmit = guarded.has(event.target);
});

// A page that comes back from the browser's memory was not left by that submit after all.
window.addEventListener("pageshow", () => {
  leavingBySubmit = false;
});

window.addEventListener("beforeunload", (event) => {
  if (leavingBySubmit) return;
  for (const [form, saved] of guarded) {
    if (form.isConnected && content(form) !== saved) event.preventDefault();
  }
});
