// A popover with data-menu becomes a menu by the WAI-ARIA APG menu button pattern: arrow keys, Home,
// End, Escape, Tab. Without this script it stays a popover of plain links and buttons.

function items(menu) {
  return [...menu.querySelectorAll("[role=menuitem]")];
}

function place(menu, button) {
  if (CSS.supports("position-area: block-end")) return;
  const box = button.getBoundingClientRect();
  const below = window.innerHeight - box.bottom > menu.offsetHeight;
  menu.style.inset = "auto";
  menu.style.margin = "0";
  menu.style.top = `${below ? box.bottom : box.top - menu.offsetHeight}px`;
  menu.style.left = `${Math.max(8, box.right - menu.offsetWidth)}px`;
}

function move(menu, key) {
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[key];
  if (next === undefined) return false;
  all.at(next % all.length).focus();
  return true;
}

for (const menu of document.querySelectorAll("[popover][data-menu]")) {
  const button = document.querySelector(`[popovertarget="${menu.id}"]`);
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", button.getAttribute("aria-label") ?? button.textContent.trim());
  button.setAttribute("aria-haspopup", "menu");
  for (const form of menu.querySelectorAll("form")) form.setAttribute("role", "none");
  for (const item of menu.querySelectorAll("a, button")) {
    item.setAttribute("role", "menuitem");
    item.tabIndex = -1;
  }
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    place(menu, button);
    items(menu)[0].focus();
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Tab") menu.hidePopover();
    else if (move(menu, event.key)) event.preventDefault();
  });
  // The menu closes first, so that a dialog that the item opens returns the focus to the button.
  menu.addEventListener("click", (event) => {
    if (event.target.closest("[role=menuitem]")) menu.hidePopover();
  });
  button.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    menu.showPopover({ source: button });
  });
}
