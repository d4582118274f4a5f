(function () {
  'use strict';
  var words = JSON.parse(document.getElementById('words').textContent);

  function element(name, className, text) {
    var e = document.createElement(name);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  }

  /* ---------------------------------------------------------------- tables */

  function valueOf(cell) {
    var v = cell.getAttribute('data-v');
    return v === null ? cell.textContent : v === '' ? null : Number(v);
  }

  function compare(a, b) {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return String(a).localeCompare(String(b), document.documentElement.lang);
  }

  function sortBy(table, column, head) {
    var body = table.tBodies[0], down = head.getAttribute('aria-sort') === 'ascending';
    var rows = Array.prototype.filter.call(body.rows, function (r) { return !r.classList.contains('total'); });
    var totals = Array.prototype.filter.call(body.rows, function (r) { return r.classList.contains('total'); });
    rows.map(function (r, i) { return { row: r, value: valueOf(r.cells[column]), place: i }; })
      .sort(function (p, q) {
        var d = compare(p.value, q.value);
        if (p.value !== null && q.value !== null && down) d = -d;
        return d || p.place - q.place;
      })
      .forEach(function (x) { body.appendChild(x.row); });
    totals.forEach(function (r) { body.appendChild(r); });
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (h) { h.removeAttribute('aria-sort'); });
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    table.classList.add('all'); /* what was left out may now be first */
    var more = table.parentNode.parentNode.querySelector('button.more');
    if (more) more.hidden = true;
  }

  Array.prototype.forEach.call(document.querySelectorAll('table.sortable'), function (table) {
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
      head.querySelector('button').addEventListener('click', function () { sortBy(table, column, head); });
    });
    var more = table.parentNode.parentNode.querySelector('button.more');
    if (more) more.addEventListener('click', function () { table.classList.add('all'); more.hidden = true; });
  });

  /* ---------------------------------------------------------------- maps */

  var features = {}; /* "layer:key" -> function that shows it */

  function popupOf(layer, feature) {
    var table = element('table');
    layer.popup.forEach(function (head, i) {
      var row = table.insertRow();
      row.appendChild(element('th', '', head)).scope = 'row';
      row.appendChild(element('td', '', feature.p[i]));
    });
    return table;
  }

  function styleOf(layer, feature) {
    var c = layer.classes[feature.c] || layer.classes[0];
    return { color: layer.stroke || c.color, weight: layer.weight, fill: !layer.outline, fillColor: c.color,
      fillOpacity: layer.opacity, opacity: 1, radius: layer.radius };
  }

  function shapeOf(layer, feature, renderer) {
    var style = styleOf(layer, feature);
    style.renderer = renderer;
    if (layer.points) return L.circleMarker([feature.g[1], feature.g[0]], style);
    return L.polygon(feature.g.map(function (polygon) {
      return polygon.map(function (ring) {
        var points = [];
        for (var i = 0; i < ring.length; i += 2) points.push([ring[i + 1], ring[i]]);
        return points;
      });
    }), style);
  }

  function makeReachable(shape, name) {
    shape.on('add', function () {
      var e = shape.getElement && shape.getElement();
      if (!e || !e.setAttribute) return;
      e.setAttribute('tabindex', '0');
      e.setAttribute('role', 'button');
      e.setAttribute('aria-label', name);
      e.addEventListener('keydown', function (event) {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        shape.openPopup();
      });
    });
  }

  function addFeature(map, group, layer, feature, i, renderer) {
    var shape = shapeOf(layer, feature, renderer);
    if (layer.popup.length) shape.bindPopup(function () { return popupOf(layer, feature); }, { maxWidth: 280 });
    if (layer.features.length <= 200 && layer.popup.length) makeReachable(shape, feature.l || feature.p.join(', '));
    if (feature.l && i < layer.labels)
      shape.bindTooltip(element('span', '', feature.l), { permanent: true, direction: 'right', className: 'map-label' });
    shape.addTo(group);
    if (feature.k === undefined) return;
    features[layer.name + ':' + feature.k] = function () {
      if (!map.hasLayer(group)) group.addTo(map);
      map.fitBounds(shape.getBounds ? shape.getBounds().pad(2) : [shape.getLatLng(), shape.getLatLng()], { maxZoom: map.getZoom() + 2 });
      map.getContainer().scrollIntoView({ block: 'center' });
      shape.openPopup();
    };
  }

  function makeMap(frame) {
    var data = JSON.parse(frame.querySelector('script').textContent), box = frame.querySelector('.map');
    var map = L.map(box, { crs: L.CRS.Simple, minZoom: -12, maxZoom: 4, zoomSnap: 0.25, zoomDelta: 0.5,
      attributionControl: false, zoomControl: false, scrollWheelZoom: false });
    map.on('focus click', function () { map.scrollWheelZoom.enable(); });
    map.on('blur', function () { map.scrollWheelZoom.disable(); });
    L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    map.fitBounds([[data.box[1], data.box[0]], [data.box[3], data.box[2]]]);
    var groups = [];
    data.images.forEach(function (image) {
      groups.push(L.imageOverlay(image.url, [[image.box[1], image.box[0]], [image.box[3], image.box[2]]], { alt: image.title }));
    });
    data.layers.forEach(function (layer) {
      var group = L.layerGroup(), n = layer.features.length;
      var renderer = n > 1500 ? L.canvas({ padding: 0.5 }) : undefined;
      for (var i = n - 1; i >= 0; i--) addFeature(map, group, layer, layer.features[i], i, renderer);
      groups.push(group);
    });
    Array.prototype.forEach.call(frame.querySelectorAll('.legend input'), function (input) {
      var group = groups[Number(input.value)];
      if (input.checked) group.addTo(map);
      input.addEventListener('change', function () {
        if (input.checked) group.addTo(map); else map.removeLayer(group);
      });
    });
    window.addEventListener('beforeprint', function () { map.invalidateSize(); });
  }

  Array.prototype.forEach.call(document.querySelectorAll('figure.map-frame'), makeMap);

  /* Rows that stand for a feature lead to it. */
  Array.prototype.forEach.call(document.querySelectorAll('tr[data-feature]'), function (row) {
    var show = features[row.getAttribute('data-feature')];
    if (!show) return;
    var button = element('button', 'plain', words.onMap);
    button.type = 'button';
    button.addEventListener('click', show);
    row.cells[row.cells.length - 1].appendChild(document.createTextNode(' '));
    row.cells[row.cells.length - 1].appendChild(button);
  });
}());
