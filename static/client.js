// Improves the booking page, which works without it: swaps what changes instead of loading the whole
// page, shows the browser's own time zone, and sends a form once.

const page = document.getElementById("booking");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const ownZone = page && zone !== page.dataset.zone && !("zoneFixed" in page.dataset) ? zone : "";
let latest = 0;
let shown = withoutHash(location.href);

function withoutHash(address) {
  return address.split("#")[0];
}

// Into every address, so that a tap before the zone's own answer has come does not lose the zone.
function inOwnZone(address) {
  const url = new URL(address, location.href);
  if (ownZone && !url.searchParams.has("tz")) url.searchParams.set("tz", ownZone);
  return url;
}

async function swap(address, { focus, push = true } = {}) {
  const url = inOwnZone(address);
  const turn = ++latest;
  page.setAttribute("aria-busy", "true");
  try {
    // Kept out of the browser's cache, where the Back button would find a part of a page.
    const response = await fetch(url, { headers: { "X-Fragment": "1" }, cache: "no-store" });
    // Anything else than a part of this page is a page of its own.
    if (!response.headers.has("X-Fragment")) throw new Error("no fragment");
    const html = await response.text();
    if (turn !== latest) return;
    page.innerHTML = html;
    history[push ? "pushState" : "replaceState"](null, "", url);
    shown = withoutHash(url.href);
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

// A jump to a field within the page is a change of its address, too.
addEventListener("popstate", () => {
  if (withoutHash(location.href) !== shown) swap(location.href, { push: false });
});

if (ownZone) swap(location.href, { push: false });
