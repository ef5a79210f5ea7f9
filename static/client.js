// Improves the booking page, which works without it: swaps what changes instead of loading the whole
// page, shows the browser's time zone, sends a form once, and says when the server is not reached.

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

// Adds the zone to every address, so that a tap before the first answer does not lose it.
function inOwnZone(address) {
  const url = new URL(address, location.href);
  if (ownZone && !url.searchParams.has("tz")) url.searchParams.set("tz", ownZone);
  return url;
}

// No store: from the cache, the Back button would show a part of a page.
async function ask(url, { part = "1", ...options } = {}) {
  const waiting = new AbortController();
  setTimeout(() => waiting.abort(), patience);
  page.setAttribute("aria-busy", "true");
  try {
    const how = { headers: { "X-Fragment": part }, cache: "no-store", signal: waiting.signal };
    const response = await fetch(url, { ...how, ...options });
    // The server behind a proxy is away, or the database is.
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

// Moves the focus to an error, or else to `focus`, or else keeps it at the same time or place.
// The description never changes, so it is not sent again.
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

// Shows the times of another date of the same month, which stays as it is.
function showDay(html, link) {
  const parts = document.createElement("template");
  parts.innerHTML = html;
  for (const part of [...parts.content.children]) page.querySelector(`.${part.className}`).replaceWith(part);
  page.querySelector("td [aria-current]")?.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  page.querySelector("#notice")?.remove();
  page.querySelector("#times-heading").focus();
}

// Offline, or the server is away: the page and what was typed stay.
function sayUnreachable(place) {
  page.querySelector("#notice")?.remove();
  const notice = document.createElement("p");
  Object.assign(notice, { id: "notice", className: "notice", tabIndex: -1 });
  notice.setAttribute("role", "alert");
  notice.textContent = page.dataset.unreachable;
  place.prepend(notice);
  notice.focus();
}

// A month that is shown in another zone than its day's times would be wrong.
function isInMonth(link) {
  return link.closest("td") && !page.querySelector("form.zone") && inOwnZone(shown).href === shown;
}

async function swap(address, { focus, link, push = true } = {}) {
  const url = inOwnZone(address);
  const turn = ++latest;
  const answer = await ask(url, { part: link && isInMonth(link) ? "day" : "1" });
  // A client who is typing already goes on: the zone shown here is right, too.
  if (turn !== latest || (!focus && page.querySelector("form :focus"))) return;
  if (!answer) return sayUnreachable(page.querySelector(".choose, .details") || page);
  // Anything but a part of this page is a page of its own.
  if (!answer.headers.has("X-Fragment")) return location.assign(url);
  if (answer.headers.get("X-Fragment") === "day") showDay(answer.html, link);
  else show(answer.html, focus);
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
    // The answer is another page. The browser sends the form again to get it, which counts once.
    form.submit();
  }
}

// The answer is another page. The browser leaves this one only if the server is reached.
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
  swap(link.href, { focus: `#${focus}`, link });
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

// After Back from the confirmation, the form may be sent again. It leads to the same booking.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) release(form);
});

// A jump to a field within the page also changes its address.
addEventListener("popstate", () => {
  if (withoutHash(location.href) !== shown) swap(location.href, { focus: "#form-heading, #times-heading", push: false });
});

if (ownZone) swap(location.href, { push: false });
