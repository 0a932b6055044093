(function () {
  'use strict';

  // Numbers, also sizes with a unit, sort as numbers; the rest, addresses of equal length among it, as text.
  var units = { k: 1, kb: 1, mb: 1024, gb: 1048576, tb: 1073741824 };
  function key(text) {
    var size = /^(-?[\d.]+) ?(k|[KMGT]B)$/i.exec(text);
    if (size) { return size[1] * units[size[2].toLowerCase()]; }
    if (/^-?\d{1,15}(\.\d+)?%?$/.test(text)) { return parseFloat(text); }
    return text;
  }
  function compare(a, b) {
    if (typeof a === 'number' && typeof b === 'number') { return a - b; }
    return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
  }
  function sort(head) {
    var body = head.closest('table').tBodies[0];
    var down = head.getAttribute('aria-sort') === 'ascending';
    var rows = Array.from(body.rows).map(function (row) {
      return { row: row, key: key(row.cells[head.cellIndex].textContent.trim()) };
    });
    rows.sort(function (a, b) { return (down ? -1 : 1) * compare(a.key, b.key); });
    head.parentNode.querySelectorAll('[aria-sort]').forEach(function (other) { other.removeAttribute('aria-sort'); });
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    rows.forEach(function (item) { body.appendChild(item.row); });
  }
  document.querySelectorAll('th').forEach(function (head) {
    head.tabIndex = 0;
    head.addEventListener('click', function () { sort(head); });
    head.addEventListener('keydown', function (event) {
      if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); sort(head); }
    });
  });

  // Folding. What is printed is all open, and afterwards as it was.
  var sections = Array.from(document.querySelectorAll('details.section'));
  var folds = Array.from(document.querySelectorAll('details'));
  var fold = document.getElementById('fold');
  function setAll(open) {
    sections.forEach(function (section) { section.open = open; });
    if (fold) { fold.textContent = open ? 'Fold all' : 'Unfold all'; }
  }
  if (fold) { fold.addEventListener('click', function () { setAll(fold.textContent !== 'Fold all'); }); }
  function unfoldTarget() {
    var target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && 'open' in target) { target.open = true; }
  }
  window.addEventListener('hashchange', unfoldTarget);
  unfoldTarget();
  var closed = [];
  window.addEventListener('beforeprint', function () {
    closed = folds.filter(function (part) { return !part.open; });
    closed.forEach(function (part) { part.open = true; });
  });
  window.addEventListener('afterprint', function () { closed.forEach(function (part) { part.open = false; }); });

  // Search: rows and pairs that don't have the word disappear, unless their section is about it, and so do sections
  // without it; lines of text that have it are marked. Several words are all wanted.
  var rows = Array.from(document.querySelectorAll('tbody tr, dl div'));
  var lines = Array.from(document.querySelectorAll('pre span'));
  var others = Array.from(document.querySelectorAll('.about, .note, .failed, figure text'));
  var subjects = Array.from(document.querySelectorAll('.section h2, .subject'));
  var found = document.getElementById('found');
  var box = document.getElementById('search');
  function texts(element) {
    var text = element.textContent;
    element.querySelectorAll('[title]').forEach(function (part) { text += ' ' + part.title; });
    return text.toLowerCase();
  }
  function search(words) {
    var wanted = function (text) { return words.every(function (word) { return text.includes(word); }); };
    var any = words.length > 0;
    var count = 0;
    var has = new Set();
    var note = function (element) {
      for (var fold = element.closest('details'); fold; fold = fold.parentNode.closest('details')) { has.add(fold); }
      count += 1;
    };
    var about = new Set();
    subjects.forEach(function (subject) {
      if (any && wanted(texts(subject))) { note(subject); about.add(subject.closest('.section')); }
    });
    rows.forEach(function (row) {
      var hit = !any || about.has(row.closest('.section')) || wanted(texts(row));
      row.classList.toggle('missed', !hit);
      if (any && hit) { note(row); }
    });
    lines.forEach(function (line) {
      var hit = any && wanted(texts(line));
      line.classList.toggle('hit', hit);
      if (hit) { note(line); }
    });
    others.forEach(function (other) { if (any && wanted(texts(other))) { note(other); } });
    folds.forEach(function (part) {
      if (part.classList.contains('section')) { part.classList.toggle('missed', any && !has.has(part)); }
      if (any && has.has(part)) { part.open = true; }
    });
    if (found) { found.textContent = any ? (count === 1 ? '1 place' : count + ' places') : ''; }
  }
  function words() { return box.value.toLowerCase().split(/\s+/).filter(function (word) { return word !== ''; }); }
  if (box) {
    box.addEventListener('input', function () { search(words()); });
    document.addEventListener('keydown', function (event) {
      if (event.key === '/' && event.target !== box) { event.preventDefault(); box.focus(); }
      if (event.key === 'Escape' && event.target === box) { box.value = ''; search([]); box.blur(); }
    });
    if (box.value !== '') { search(words()); }
  }
}());
