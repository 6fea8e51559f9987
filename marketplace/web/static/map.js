// Draws the points that stand in the list beside it on a map of authority boundaries. It asks for no tiles and no
// other site, and writes names as text, never as HTML. When the points cannot be fetched the map stays hidden.

import "./vendor/leaflet/leaflet.js";

const L = window.L;
const STYLES = {
  home: { radius: 10, color: "#1c2530", fillColor: "#e0a526" },
  option: { radius: 7, color: "#ffffff", fillColor: "#0f6b5c" },
  chosen: { radius: 10, color: "#ffffff", fillColor: "#8a2f5d" },
};

document.querySelectorAll("[data-map]").forEach(draw);

async function draw(holder) {
  const [{ points }, boundaries] = await Promise.all([
    read(holder.dataset.map),
    holder.dataset.boundaries ? read(holder.dataset.boundaries) : null,
  ]);
  if (!points.length) return;
  holder.hidden = false;
  const map = L.map(holder.querySelector(".app-map"), { scrollWheelZoom: false });
  map.attributionControl.setPrefix(false);
  map.fitBounds(L.latLngBounds(points.map((point) => [point.latitude, point.longitude])).pad(0.15), { maxZoom: 11 });
  if (boundaries) {
    const lines = { interactive: false, color: "#8b9a97", weight: 1, fillColor: "#ffffff", fillOpacity: 1 };
    L.geoJSON(boundaries, { style: lines, attribution: holder.dataset.attribution }).addTo(map);
  }
  points.forEach((point) => {
    L.circleMarker([point.latitude, point.longitude], { ...STYLES[point.kind ?? "option"], weight: 2, fillOpacity: 0.95 })
      .bindPopup(() => describe(point))
      .addTo(map);
  });
}

async function read(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return answer.json();
}

function describe(point) {
  const box = document.createElement("div");
  const name = document.createElement(point.href ? "a" : "strong");
  name.textContent = point.name;
  if (point.href) name.href = point.href;
  box.append(name);
  if (point.text) box.append(document.createElement("br"), point.text);
  return box;
}
