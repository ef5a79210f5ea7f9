// Improves the booking page, which works without it: swaps what changes instead of loading the whole
// page, shows the browser's own time zone, sends a form once, and says so where nothing is reached.

const page = document.getElementById("booking");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const ownZone = page && zone !== page.dataset.zone && !("zoneFixed" in page.dataset) ? zone : "";
// Longer than the server lets any request wait.
const patience = 15_000;
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

// Kept out of the browser's cache, where the Back button would find a part of a page.
async function ask(url, options) {
  const waiting = new AbortController();
  setTimeout(() => waiting.abort(), patience);
  page.setAttribute("aria-busy", "true");
  try {
    const how = { headers: { "X-Fragment": "1" }, cache: "no-store", signal: waiting.signal };
    const response = await fetch(url, { ...how, ...options });
    // A proxy whose server is away, or ours without its database.
    if (response.status > 501) return null;
    return { headers: response.headers, html: await response.text() };
  } catch {
    return null;
  } finally {
    page.removeAttribute("aria-busy");
  }
}

function stops() {
  return [...page.querySelectorAll("a, button, input")];
}

// The focus goes to what is wrong, else to `focus`; without that it stays with the same time or place.
// The description, which never changes, is not sent again.
function show(html, focus) {
  const place = stops().indexOf(document.activeElement);
  const slot = new URLSearchParams(stops()[place]?.search).get("at");
  const description = page.querySelector(".description");
  page.innerHTML = html;
  if (description) page.querySelector(".description")?.replaceWith(description);
  const next = focus
    ? page.querySelector("[role=alert], [aria-invalid=true]") || page.querySelector(focus)
    : page.querySelector(`a[href$="at=${slot}"]`) || stops()[place];
  next?.focus();
}

// Offline, or the server is away: what stands here and what was typed stays.
function sayUnreachable(place) {
  page.querySelector("#notice")?.remove();
  const notice = document.createElement("p");
  Object.assign(notice, { id: "notice", className: "notice", tabIndex: -1 });
  notice.setAttribute("role", "alert");
  notice.textContent = page.dataset.unreachable;
  place.prepend(notice);
  notice.focus();
}

async function swap(address, { focus, push = true } = {}) {
  const url = inOwnZone(address);
  const turn = ++latest;
  const answer = await ask(url);
  // Whoever types already goes on: the zone that stands here is a right one, too.
  if (turn !== latest || (!focus && page.querySelector("form :focus"))) return;
  if (!answer) return sayUnreachable(page.querySelector(".choose, .details") || page);
  // Anything else than a part of this page is a page of its own.
  if (!answer.headers.has("X-Fragment")) return location.assign(url);
  show(answer.html, focus);
  history[push ? "pushState" : "replaceState"](null, "", url);
  shown = withoutHash(url.href);
  for (const link of document.querySelectorAll(".languages a")) {
    url.searchParams.set("lang", link.lang);
    link.href = url.search;
  }
}

function release(form) {
  delete form.dataset.sent;
  form.querySelector(".button--primary")?.removeAttribute("aria-disabled");
}

async function send(form, button) {
  const body = new URLSearchParams(new FormData(form));
  if (button?.name) body.append(button.name, button.value);
  const answer = await ask(form.action, { method: "POST", body });
  if (!answer) {
    release(form);
    sayUnreachable(form);
  } else if (answer.headers.has("X-Location")) {
    location.assign(answer.headers.get("X-Location"));
  } else if (answer.headers.has("X-Fragment")) {
    show(answer.html, "#form-heading");
  } else {
    // Another page, which the browser gets by itself: the same form twice counts once.
    form.submit();
  }
}

// A form whose answer is another page: the browser leaves this one only for a server that is there.
async function submit(form) {
  if (await ask(location.href, { method: "HEAD" })) return form.submit();
  release(form);
  sayUnreachable(form);
}

page?.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  const focus = link?.closest("[data-focus]")?.dataset.focus;
  if (!focus || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  swap(link.href, { focus: `#${focus}` });
});

page?.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-swap]")) {
    event.preventDefault();
    swap(`${form.action}?${new URLSearchParams(new FormData(form))}`, { focus: "#month-heading" });
    return;
  }
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  form.querySelector(".button--primary")?.setAttribute("aria-disabled", "true");
  event.preventDefault();
  if (form.matches("[data-send]")) send(form, event.submitter);
  else submit(form);
});

// Back from the confirmation: the form may be sent again, and leads to the same booking.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) release(form);
});

// A jump to a field within the page is a change of its address, too.
addEventListener("popstate", () => {
  if (withoutHash(location.href) !== shown) swap(location.href, { focus: "#form-heading, #times-heading", push: false });
});

if (ownZone) swap(location.href, { push: false });
