(function () {
  'use strict';

  // The last seconds: a section is enlarged by dragging over it, by the buttons, or by + and -; an event is read by pointing
  // at it, tapping it, or walking to it with the arrow keys. Times are microseconds from the drawing's beginning.
  var figure = document.querySelector('figure.timeline');
  if (!figure) { return; }
  var lane = 26;
  var from = Number(figure.dataset.from), end = Number(figure.dataset.end), width = Number(figure.dataset.width);
  var lanes = figure.dataset.lanes.split(' ');
  var track = figure.querySelector('.track'), marks = figure.querySelector('.marks'), axis = figure.querySelector('.axis');
  var reading = figure.querySelector('.reading');
  var space = marks.namespaceURI;
  var hint = 'Drag over a section to enlarge it; point at an event, or walk with the arrow keys, to read it.';
  reading.textContent = hint;

  function shape(name, to) {
    var made = to.appendChild(document.createElementNS(space, 'path'));
    made.setAttribute('class', name);
    return made;
  }
  var chosen = shape('chosen', marks), section = shape('section', marks);

  var events = Array.from(figure.parentNode.querySelectorAll('.events span')).map(function (line) {
    var parts = /^\[ *(\d+)\.(\d{6})\] +(\S+) (\w+) +([^]*)$/.exec(line.textContent);
    if (!parts) { return null; }
    var place = lanes.indexOf(parts[4]);
    return {
      line: line, kind: parts[4], cpu: parts[3], text: parts[5], at: parts[1] + '.' + parts[2],
      time: Math.max(0, Number(parts[1]) * 1e6 + Number(parts[2]) - from),
      until: 0, lane: place < 0 ? lanes.indexOf(parts[3]) : place
    };
  }).filter(Boolean);
  events.forEach(function (event) {
    var age = Number(event.line.dataset.long || 0);
    event.until = age ? Math.min(end, Number(event.at.replace('.', '')) - from + age) : event.time;
  });

  // What is seen, and its labels: as many as there is room for.
  var view = [0, width], current = -1;
  function label(time, step) {
    var away = time - end;
    if (Math.abs(away) < step / 1000) { return 'end'; }
    var unit = step >= 1e6 ? [1e6, ' s'] : step >= 1e3 ? [1e3, ' ms'] : [1, ' \u00b5s'];
    return (away > 0 ? '+' : '\u2212') + Math.round(Math.abs(away) / unit[0]).toLocaleString('en') + unit[1];
  }
  function draw() {
    var span = view[1] - view[0];
    marks.setAttribute('viewBox', view[0] + ' 0 ' + span + ' ' + lanes.length * lane);
    var room = Math.max(2, Math.floor(track.clientWidth / 95));
    var step = Math.pow(10, Math.ceil(Math.log10(Math.max(1, span / room))));
    if (span / (step / 5) <= room) { step /= 5; } else if (span / (step / 2) <= room) { step /= 2; }
    step = Math.max(1, step);
    axis.textContent = '';
    for (var time = end + Math.ceil((view[0] - end) / step) * step; time <= view[1]; time += step) {
      var place = (time - view[0]) / span;
      var text = axis.appendChild(document.createElementNS(space, 'text'));
      text.setAttribute('x', (100 * place).toFixed(2) + '%');
      text.setAttribute('y', '13');
      if (place < 0.04 || place > 0.97) { text.setAttribute('class', place < 0.5 ? 'first' : 'last'); }
      text.textContent = label(time, step);
    }
  }
  function show(first, last) {
    var span = Math.min(width, Math.max(20, last - first));
    first = Math.min(width - span, Math.max(0, first));
    view = [first, first + span];
    draw();
  }
  function zoom(times, about) {
    var span = (view[1] - view[0]) * times;
    var middle = about === undefined ? (view[0] + view[1]) / 2 : about;
    show(middle - span * (middle - view[0]) / (view[1] - view[0]), middle + span * (view[1] - middle) / (view[1] - view[0]));
  }
  function move(part) {
    var way = part * (view[1] - view[0]);
    show(view[0] + way, view[1] + way);
  }

  function ago(time) {
    var away = end - time, size = Math.abs(away);
    if (size < 1) { return 'at the end'; }
    var text = size >= 1e6 ? (size / 1e6).toFixed(6) + ' s' : size >= 1e3 ? (size / 1e3).toFixed(3) + ' ms' : size + ' \u00b5s';
    return text + (away > 0 ? ' before the end' : ' after the end');
  }
  function read(index) {
    if (current >= 0) { events[current].line.classList.remove('chosen'); }
    current = index;
    reading.textContent = '';
    if (index < 0) { chosen.removeAttribute('d'); reading.textContent = hint; return; }
    var event = events[index];
    event.line.classList.add('chosen');
    chosen.setAttribute('d', 'M' + event.time + ' ' + (event.lane * lane + 1) + 'v' + (lane - 3));
    reading.appendChild(document.createElement('b')).textContent =
      '[' + event.at + '] ' + ago(Number(event.at.replace('.', '')) - from) +
      (event.cpu === '-' ? '' : ', CPU ' + event.cpu) + ', ' + event.kind + ': ';
    reading.appendChild(document.createTextNode(event.text));
  }
  function step(way) {
    var next = current + way;
    if (current < 0) {
      var seen = events.findIndex(function (event) { return event.time >= view[0]; });
      next = way > 0 ? Math.max(0, seen) : events.length - 1;
    }
    if (next < 0 || next >= events.length) { return; }
    read(next);
    var time = events[next].time, span = view[1] - view[0];
    if (time < view[0] || time > view[1]) { show(time - span / 2, time + span / 2); }
  }

  // Where the pointer is, and what is near there in its lane.
  function time(pointer) {
    var box = marks.getBoundingClientRect();
    return view[0] + (view[1] - view[0]) * Math.min(1, Math.max(0, (pointer.clientX - box.left) / box.width));
  }
  function near(pointer, pixels) {
    var box = marks.getBoundingClientRect();
    var row = Math.floor((pointer.clientY - box.top) / lane), at = time(pointer);
    var best = -1, least = pixels * (view[1] - view[0]) / box.width;
    events.forEach(function (event, index) {
      if (event.lane !== row) { return; }
      var away = event.until > event.time && at >= event.time && at <= event.until ? 0
        : Math.min(Math.abs(event.time - at), Math.abs(event.until - at));
      if (away <= least) { best = index; least = away; }
    });
    return best;
  }
  var began = null;
  track.addEventListener('pointerdown', function (pointer) {
    if (pointer.button !== 0) { return; }
    began = { x: pointer.clientX, time: time(pointer) };
    try { track.setPointerCapture(pointer.pointerId); } catch (error) { /* a pointer that is gone */ }
  });
  track.addEventListener('pointermove', function (pointer) {
    if (!began) {
      var index = pointer.pointerType === 'mouse' ? near(pointer, 6) : -1;
      if (index >= 0) { read(index); }
      return;
    }
    section.setAttribute('d', 'M' + began.time + ' 0H' + time(pointer) + 'V' + lanes.length * lane + 'H' + began.time + 'z');
  });
  track.addEventListener('pointerup', function (pointer) {
    if (!began) { return; }
    var first = began;
    began = null;
    section.removeAttribute('d');
    if (Math.abs(pointer.clientX - first.x) > 5) {
      show(Math.min(first.time, time(pointer)), Math.max(first.time, time(pointer)));
    } else {
      read(near(pointer, 16));
    }
  });
  track.addEventListener('pointercancel', function () { began = null; section.removeAttribute('d'); });
  track.addEventListener('dblclick', function (pointer) { zoom(0.25, time(pointer)); });

  var acts = {
    'in': function () { zoom(0.5, current >= 0 ? events[current].time : undefined); },
    out: function () { zoom(2); },
    left: function () { move(-0.5); },
    right: function () { move(0.5); },
    all: function () { show(0, width); }
  };
  figure.querySelectorAll('[data-do]').forEach(function (button) {
    button.addEventListener('click', function () { acts[button.dataset.do](); });
  });
  var keys = { '+': acts['in'], '=': acts['in'], '-': acts.out, '0': acts.all, Home: acts.all };
  track.addEventListener('keydown', function (key) {
    if (key.altKey || key.ctrlKey || key.metaKey) { return; }
    var act = keys[key.key];
    if (key.key === 'ArrowLeft' || key.key === 'ArrowRight') {
      var way = key.key === 'ArrowRight' ? 1 : -1;
      act = key.shiftKey ? function () { move(way / 4); } : function () { step(way); };
    }
    if (key.key === 'Escape') { act = function () { read(-1); show(0, width); }; }
    if (act) { key.preventDefault(); act(); }
  });
  events.forEach(function (event, index) {
    event.line.addEventListener('click', function () { read(index); });
  });
  window.addEventListener('resize', draw);
  window.addEventListener('beforeprint', function () { show(0, width); });
  draw();
}());
