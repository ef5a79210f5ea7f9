// Prints, as JSON, what ical.js reads in calendar files: node read_entries.mjs FILE…

import { readFileSync } from "node:fs";
import ICAL from "ical.js";

// ical.js does not know this property of RFC 7986 and would leave its value as it was written.
ICAL.design.icalendar.property.name = { defaultType: "text" };

const person = (property) => [property.getFirstValue(), property.getParameter("cn")];

function entry(component) {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    sequence: event.sequence,
    status: component.getFirstPropertyValue("status"),
    title: event.summary,
    location: event.location ?? "",
    description: event.description ?? "",
    url: component.getFirstPropertyValue("url"),
    starts_at: event.startDate.toString(),
    ends_at: event.endDate.toString(),
    made_at: component.getFirstPropertyValue("dtstamp").toString(),
    people: ["organizer", "attendee"].flatMap((name) => component.getAllProperties(name)).map(person),
  };
}

function file(path) {
  const calendar = new ICAL.Component(ICAL.parse(readFileSync(path, "utf8")));
  return {
    name: calendar.getFirstPropertyValue("name") ?? "",
    method: calendar.getFirstPropertyValue("method"),
    entries: calendar.getAllSubcomponents("vevent").map(entry),
  };
}

console.log(JSON.stringify(process.argv.slice(2).map(file)));
