// Selects a link just made, so that one key copies it. It does so once: later changes of other
// links must not move the focus back.

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
