// Chooses the browser's time zone in a select in which none has been chosen yet.

const select = document.querySelector("select[name=time_zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (select && zone && !select.value) {
  // The browser may report an old name, which is not in the list but is accepted.
  if (![...select.options].some((option) => option.value === zone)) {
    select.add(new Option(zone.replaceAll("_", " "), zone));
  }
  select.value = zone;
}
