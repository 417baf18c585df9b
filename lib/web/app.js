/** The page: which broadcasts there are, and one of them playing. */

import { Player } from "/player.js";

const ARCHIVE = "/archive";

/** How often to look for new broadcasts, in milliseconds. */
const INTERVAL = 5000;

const element = (id) => document.getElementById(id);
const player = new Player(element("player"));
let current;

/** The broadcast that the address of the page names. */
function wanted() {
  const query = new URLSearchParams(location.search);
  return query.get("broadcast") ?? query.get("name") ?? undefined;
}

/** Shows the broadcast of that name, which need not be in the list. */
function show(name, broadcasts) {
  if (name === current) return;
  current = name;
  const found = broadcasts.find((broadcast) => broadcast.name === name);
  const path = found?.path ?? `${ARCHIVE}/${name.split("/").map(encodeURIComponent).join("/")}/`;
  document.title = `${name} · archive`;
  player.open(name, path);
}

async function refresh() {
  let broadcasts;
  try {
    const response = await fetch(ARCHIVE);
    if (!response.ok) throw new Error((await response.json()).reason);
    ({ broadcasts } = await response.json());
  } catch (error) {
    element("summary").textContent = `The list cannot be loaded: ${error.message}`;
    return;
  }
  const live = broadcasts.filter((broadcast) => broadcast.live);
  const name = wanted() ?? current ?? (live[0] ?? broadcasts[0])?.name;
  if (name !== undefined) show(name, broadcasts);
  player.onAir = live.some((broadcast) => broadcast.name === current);
  element("summary").textContent = `${broadcasts.length} recorded, ${live.length} live`;
  element("empty").hidden = broadcasts.length > 0;
  element("empty").textContent = "Nothing has been recorded yet.";
  list(broadcasts);
}

/** Brings the list up to date without moving the focus. */
function list(broadcasts) {
  const entries = element("broadcasts");
  const names = broadcasts.map(({ name }) => name);
  const before = Array.from(entries.children, ({ dataset }) => dataset.name);
  if (names.length !== before.length || names.some((name, i) => name !== before[i])) {
    entries.replaceChildren(...names.map(createEntry));
  }
  broadcasts.forEach((broadcast, i) => updateEntry(entries.children[i], broadcast));
}

function createEntry(name) {
  const entry = document.createElement("li");
  entry.dataset.name = name;
  const link = entry.appendChild(document.createElement("a"));
  link.href = `/?${new URLSearchParams({ broadcast: name })}`;
  link.append(labelled("strong", name), labelled("span", ""), labelled("small", ""));
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    refresh();
  });
  return entry;
}

function updateEntry(entry, { name, live, ranges, duration, bytes }) {
  const link = entry.firstChild;
  const [, badge, details] = link.children;
  if (name === current) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
  badge.className = "badge";
  badge.dataset.state = live ? "live" : "off";
  badge.textContent = live ? "Live" : "Off air";
  details.textContent = ranges.length === 0
    ? "Nothing to play yet"
    : `${length(duration)} · ${size(bytes)} · since ${since(ranges[0].start)}`;
}

function since(instant) {
  return new Date(instant).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

function labelled(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text });
}

/** A duration in seconds in words. */
function length(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** A number of bytes in words. */
function size(bytes) {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

addEventListener("popstate", refresh);
setInterval(() => {
  if (!document.hidden) refresh();
}, INTERVAL);
refresh();
