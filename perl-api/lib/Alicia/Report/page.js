(function () {
  'use strict';

  // Numbers, also hexadecimal addresses and sizes with a unit, sort as numbers; the rest as text.
  var units = { k: 1, kb: 1, mb: 1024, gb: 1048576, tb: 1073741824 };
  function key(text) {
    var size = /^(-?[\d.]+) ?(k|[KMGT]B)$/i.exec(text);
    if (size) { return size[1] * units[size[2].toLowerCase()]; }
    if (/^-?[\d.]+%?$/.test(text)) { return parseFloat(text); }
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

  // Folding.
  var sections = document.querySelectorAll('details.section');
  var fold = document.getElementById('fold');
  fold.addEventListener('click', function () {
    var close = fold.textContent === 'Fold all';
    sections.forEach(function (section) { section.open = !close; });
    fold.textContent = close ? 'Unfold all' : 'Fold all';
  });
  function unfoldTarget() {
    var target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && 'open' in target) { target.open = true; }
  }
  window.addEventListener('hashchange', unfoldTarget);
  unfoldTarget();
  window.addEventListener('beforeprint', function () {
    sections.forEach(function (section) { section.open = true; });
  });

  // Search: rows and pairs that don't have the word disappear, lines of text that have it are marked.
  var texts = Array.from(document.querySelectorAll('pre')).map(function (pre) {
    return { pre: pre, lines: pre.textContent.split('\n') };
  });
  function search(word) {
    document.querySelectorAll('tbody tr, dl div').forEach(function (row) {
      row.classList.toggle('missed', word !== '' && !row.textContent.toLowerCase().includes(word));
    });
    texts.forEach(function (text) {
      text.pre.textContent = '';
      text.lines.forEach(function (line, index) {
        var last = index === text.lines.length - 1;
        var node = document.createTextNode(line);
        if (word !== '' && line.toLowerCase().includes(word)) {
          var mark = document.createElement('mark');
          mark.className = 'hit';
          mark.appendChild(node);
          node = mark;
        }
        text.pre.appendChild(node);
        if (!last) { text.pre.appendChild(document.createTextNode('\n')); }
      });
    });
    sections.forEach(function (section) {
      var missed = word !== '' && !section.textContent.toLowerCase().includes(word);
      section.classList.toggle('missed', missed);
    });
  }
  document.getElementById('search').addEventListener('input', function (event) {
    search(event.target.value.trim().toLowerCase());
  });
}());
