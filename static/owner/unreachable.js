// Shows a message when the server cannot be reached: htmx alone would say nothing. The page stays.

const message = document.createElement("p");
message.className = "message message--error";
message.textContent = document.body.dataset.unreachable;

document.addEventListener("htmx:sendError", () => {
  const place = document.querySelector("dialog[open] [role=status]") ?? document.querySelector("#messages");
  place.replaceChildren(message);
  message.scrollIntoView({ block: "nearest" });
});

document.addEventListener("htmx:beforeSwap", () => message.remove());
