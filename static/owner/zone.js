// Fills in the browser's time zone where a zone is asked for and none has been chosen yet.

const field = document.querySelector("[name=time_zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field && zone && !field.value) {
  // The browser may report an old name, which the list does not offer and the server accepts.
  if (field.options && ![...field.options].some((option) => option.value === zone)) {
    field.add(new Option(zone.replaceAll("_", " "), zone));
  }
  field.value = zone;
}
