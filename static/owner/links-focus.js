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
