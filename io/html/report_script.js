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
    if (v !== null) return v === '' ? null : Number(v);
    var button = cell.querySelector('button');
    return cell.textContent.slice(0, cell.textContent.length - (button ? button.textContent.length : 0));
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

  function tableOf(layer, feature) {
    var table = element('table');
    table.createCaption().textContent = layer.title;
    layer.popup.forEach(function (head, i) {
      var row = table.insertRow();
      row.appendChild(element('th', '', head)).scope = 'row';
      row.appendChild(element('td', '', feature.p[i]));
    });
    return table;
  }

  /* Whether a place lies in a polygon: an odd number of its edges lie to the right. */
  function isInside(feature, x, y) {
    var inside = false;
    feature.g.forEach(function (polygon) {
      polygon.forEach(function (r) {
        for (var i = 0, j = r.length - 2; i < r.length; j = i, i += 2) {
          var crosses = (r[i + 1] > y) !== (r[j + 1] > y);
          if (crosses && x < (r[j] - r[i]) * (y - r[i + 1]) / (r[j + 1] - r[i + 1]) + r[i]) inside = !inside;
        }
      });
    });
    return inside;
  }

  /* What is known of a feature, and of what lies below the place that was clicked in other layers. */
  function popupOf(map, layer, feature) {
    var box = element('div'), at = map.clicked;
    box.appendChild(tableOf(layer, feature));
    map.layers.forEach(function (other) {
      var silent = other.layer === layer || other.layer.points || !other.layer.popup.length;
      if (!at || silent || !map.hasLayer(other.group)) return;
      var below = other.layer.features.filter(function (f) { return isInside(f, at.lng, at.lat); })[0];
      if (below) box.appendChild(tableOf(other.layer, below));
    });
    return box;
  }

  function styleOf(layer, feature) {
    var c = layer.classes[feature.c] || layer.classes[0];
    return { color: layer.stroke || c.color, weight: layer.weight, stroke: layer.weight > 0, fill: !layer.outline,
      fillColor: c.color, fillOpacity: layer.opacity, opacity: 1, radius: layer.radius };
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

  function openAlone(map, shape) {
    map.clicked = null;
    shape.openPopup();
  }

  /* The tab key stops once at a layer; arrow keys go on from feature to feature, in the order of rank. */
  function makeReachable(map, shapes, i, name) {
    var shape = shapes[i];
    function goTo(n) {
      var next = shapes[n] && shapes[n].getElement();
      if (!next) return;
      shape.getElement().setAttribute('tabindex', '-1');
      next.setAttribute('tabindex', '0');
      next.focus();
    }
    shape.on('add', function () {
      var e = shape.getElement && shape.getElement();
      if (!e || e.getAttribute('role')) return;
      e.setAttribute('tabindex', i === 0 ? '0' : '-1');
      e.setAttribute('role', 'button');
      e.setAttribute('aria-label', name);
      e.addEventListener('keydown', function (event) {
        if (event.key === 'Enter' || event.key === ' ') openAlone(map, shape);
        else if (event.key === 'ArrowRight' || event.key === 'ArrowDown') goTo(i + 1);
        else if (event.key === 'ArrowLeft' || event.key === 'ArrowUp') goTo(i - 1);
        else return;
        event.preventDefault();
        event.stopPropagation();
      });
    });
  }

  function linkToTable(map, group, layer, feature, shape) {
    var name = layer.name + ':' + feature.k;
    if (feature.k === undefined || features[name]) return;
    features[name] = function () {
      if (!map.hasLayer(group)) group.addTo(map);
      map.fitBounds(shape.getBounds ? shape.getBounds().pad(2) : [shape.getLatLng(), shape.getLatLng()],
        { maxZoom: map.home + 2, animate: false });
      map.getContainer().scrollIntoView({ block: 'center' });
      openAlone(map, shape);
      var e = shape.getElement && shape.getElement();
      if (e && e.focus) e.focus({ preventScroll: true });
    };
  }

  function makeLayer(map, layer) {
    var group = L.layerGroup(), n = layer.features.length, shapes = [];
    var renderer = n > 1500 ? L.canvas({ padding: 0.5 }) : undefined;
    for (var i = n - 1; i >= 0; i--) { /* the first matter most, so they lie on top */
      var feature = layer.features[i], shape = shapes[i] = shapeOf(layer, feature, renderer);
      if (layer.popup.length) {
        shape.on('click', function (event) { map.clicked = event.latlng; });
        shape.bindPopup(popupOf.bind(null, map, layer, feature), { maxWidth: 280, autoPanPadding: [10, 10] });
        if (!renderer) makeReachable(map, shapes, i, feature.l || feature.p.join(', '));
      }
      if (feature.l && i < layer.labels) {
        shape.bindTooltip(element('span', '', feature.l), { permanent: true, direction: 'right', offset: [8, 0],
          className: 'map-label' });
        map.labels.push({ shape: shape, rank: i });
      }
      shape.addTo(group);
      linkToTable(map, group, layer, feature, shape);
    }
    map.layers.unshift({ layer: layer, group: group });
    return group;
  }

  /* A label that would lie on one of a higher rank is not shown. */
  function settleLabels(map) {
    var taken = [];
    map.labels.forEach(function (label) {
      var tip = label.shape.getTooltip(), e = tip && map.hasLayer(tip) && tip.getElement();
      if (!e) return;
      var r = e.getBoundingClientRect();
      var hidden = taken.some(function (t) {
        return r.left < t.right + 3 && t.left < r.right + 3 && r.top < t.bottom && t.top < r.bottom;
      });
      e.classList.toggle('hidden', hidden);
      if (!hidden) taken.push(r);
    });
  }

  /* The wheel and a finger move the page until the map was chosen; leaving it gives them back. */
  function shareGestures(map) {
    map.on('focus click', function () { map.scrollWheelZoom.enable(); map.dragging.enable(); });
    map.on('blur mouseout', function () {
      map.scrollWheelZoom.disable();
      if (L.Browser.mobile) map.dragging.disable();
    });
  }

  /* Escape closes a pop-up and goes back to what it belongs to. */
  function closeOnEscape(map) {
    var opened = null;
    map.on('popupopen', function (event) { opened = event.popup._source || null; });
    map.getContainer().addEventListener('keydown', function (event) {
      var e = opened && opened.getElement && opened.getElement();
      if (event.key !== 'Escape' || !opened) return;
      map.closePopup();
      opened = null;
      if (e && e.focus) e.focus({ preventScroll: true });
    });
  }

  function fit(map, box) {
    map.invalidateSize({ animate: false });
    map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { animate: false });
    map.home = map.getZoom();
  }

  /* On paper the frame is as wide as the column of an A4 page, or half of it. */
  function keepForPrint(map, container, box) {
    window.addEventListener('beforeprint', function () {
      container.parentNode.style.width = container.closest('.maps') ? '8.4cm' : '17.5cm';
      fit(map, box);
      settleLabels(map);
    });
    window.addEventListener('afterprint', function () {
      container.parentNode.style.width = '';
      fit(map, box);
    });
  }

  /* The legend begins at the top: what is switched on goes to its place between the others. */
  function restack(map, groups) {
    groups.forEach(function (group) {
      if (!group.eachLayer || !map.hasLayer(group)) return;
      group.eachLayer(function (shape) { shape.bringToFront(); });
    });
  }

  function addSwitches(map, frame, groups) {
    Array.prototype.forEach.call(frame.querySelectorAll('.legend input'), function (input) {
      var group = groups[Number(input.value)];
      if (input.checked) group.addTo(map);
      input.addEventListener('change', function () {
        if (input.checked) group.addTo(map); else map.removeLayer(group);
        restack(map, groups);
        settleLabels(map);
      });
      map.on('layeradd layerremove', function (event) {
        if (event.layer === group) input.checked = map.hasLayer(group);
      });
    });
    restack(map, groups);
  }

  function makeMap(frame) {
    var data = JSON.parse(frame.querySelector('script').textContent), container = frame.querySelector('.map');
    var map = L.map(container, { crs: L.CRS.Simple, minZoom: -12, maxZoom: 4, zoomSnap: 0.25, zoomDelta: 0.5,
      attributionControl: false, zoomControl: false, scrollWheelZoom: false, dragging: !L.Browser.mobile });
    map.labels = [];
    map.layers = [];
    L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    fit(map, data.box);
    var groups = data.images.map(function (image, i) {
      return L.imageOverlay(image.url, [[image.box[1], image.box[0]], [image.box[3], image.box[2]]],
        { alt: image.title, zIndex: i + 1, className: image.photo ? 'photo' : '' });
    }).concat(data.layers.map(function (layer) { return makeLayer(map, layer); }));
    map.labels.sort(function (a, b) { return a.rank - b.rank; });
    addSwitches(map, frame, groups);
    shareGestures(map);
    closeOnEscape(map);
    keepForPrint(map, container, data.box);
    map.on('zoomend resize', function () { settleLabels(map); });
    settleLabels(map);
  }

  Array.prototype.forEach.call(document.querySelectorAll('figure.map-frame'), makeMap);

  /* Rows that stand for a feature lead to it. */
  Array.prototype.forEach.call(document.querySelectorAll('tr[data-feature]'), function (row) {
    var show = features[row.getAttribute('data-feature')];
    if (!show) return;
    var button = element('button', 'plain to-map', words.onMap);
    var cell = row.querySelector('td:not(.num)') || row.cells[0];
    button.type = 'button';
    button.setAttribute('aria-label', words.onMap + ': ' + cell.textContent);
    button.addEventListener('click', show);
    cell.appendChild(button);
  });
}());
