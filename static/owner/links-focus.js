// A link just made is selected already: one key copies it. Once only: what happens to other links
// afterwards must not take the focus back.

let selected = "";

function selectNewLink() {
  const field = document.querySelector("#new-link[autofocus]");
  if (!field || field.value === selected) return;
  selected = field.value;
  field.focus();
  field.select();
}

selectNewLink();
document.addEventListener("htmx:afterSettle", selectNewLink);

// A preset leads to the field that it filled in, but not who went on typing elsewhere meanwhile.
// htmx itself would move the focus a moment after the swap, in the middle of a word.

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id !== "expiry") return;
  detail.serverResponse = detail.serverResponse.replaceAll(" autofocus", "");
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id !== "expiry" || document.activeElement.matches("input")) return;
  document.querySelector("#expiry input").focus();
});
