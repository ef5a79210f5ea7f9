// Improves the booking page, which works without it: swaps what changes instead of loading the whole
// page, shows the browser's own time zone, and sends a form once.

const page = document.getElementById("booking");
let latest = 0;

async function swap(url, { focus, push = true } = {}) {
  const turn = ++latest;
  page.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(url, { headers: { "X-Fragment": "1" } });
    // Redirected: to a booking or a sign-in, which is another page.
    if (response.redirected || response.status >= 500) throw new Error(response.statusText);
    const html = await response.text();
    if (turn !== latest) return;
    page.innerHTML = html;
    if (push) history.pushState(null, "", url);
    if (focus) (document.getElementById("notice") || document.getElementById(focus))?.focus();
  } catch {
    location.assign(url);
  } finally {
    page.removeAttribute("aria-busy");
  }
}

page?.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-focus]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  swap(link.href, { focus: link.dataset.focus });
});

page?.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-swap]")) {
    event.preventDefault();
    swap(`${form.action}?${new URLSearchParams(new FormData(form))}`, { focus: "month-heading" });
  } else if (form.dataset.sent) {
    event.preventDefault();
  } else {
    form.dataset.sent = "1";
    form.querySelector(".button--primary")?.setAttribute("aria-disabled", "true");
  }
});

// Back from the confirmation: the form may be sent again, and leads to the same booking.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector(".button--primary")?.removeAttribute("aria-disabled");
  }
});

addEventListener("popstate", () => swap(location.href, { push: false }));

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (page && zone && zone !== page.dataset.zone && !("zoneFixed" in page.dataset)) {
  const url = new URL(location.href);
  url.searchParams.set("tz", zone);
  history.replaceState(null, "", url);
  swap(url, { push: false });
}
