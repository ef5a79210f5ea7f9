// A button with data-copy-from="<id of a field>" or data-copy-text="…" copies that text. It says so
// in its own label (data-copied) and in the live region after it.

async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // There is no clipboard API (plain http on a local network), or it is not allowed.
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.className = "visually-hidden";
  // The area goes beside the button, because nothing outside an open modal dialog can be selected.
  button.after(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  button.focus();
  return copied;
}

function say(button, text) {
  const status = button.parentElement.querySelector("[role=status]");
  button.label ??= [...button.childNodes];
  button.replaceChildren(text);
  if (status) status.textContent = text;
  clearTimeout(button.resetTimer);
  button.resetTimer = setTimeout(() => {
    button.replaceChildren(...button.label);
    if (status) status.textContent = "";
  }, 4000);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copied]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copyFrom);
  const text = button.dataset.copyText ?? field.value;
  if (await copyText(text, button)) {
    say(button, button.dataset.copied);
  } else if (field) {
    field.focus();
    field.select();
  }
});
