// SPDX-License-Identifier: GPL-3.0-or-later
//
// What must hold of a report in a browser. report.sh puts this into a copy of the page; it writes one line per check,
// "ok NAME" or "not ok NAME: why", into <pre id="checks">, which the browser then dumps.
'use strict';
const lines = [];
const check = (name, wrong) => lines.push(wrong ? `not ok ${name}: ${wrong}` : `ok ${name}`);

// Any colour that CSS knows as red, green, blue, alpha.
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const channels = colour => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
};
const over = (top, below) => top.slice(0, 3).map((channel, i) => channel * top[3] + below[i] * (1 - top[3]));

// WCAG 2.1: relative luminance and contrast.
const luminance = colour => {
  const [red, green, blue] = colour.map(c => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (a, b) => {
  const [x, y] = [luminance(a) + 0.05, luminance(b) + 0.05];
  return Math.max(x, y) / Math.min(x, y);
};

const backgroundOf = element => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.push(channels(getComputedStyle(at).backgroundColor));
  return layers.reverse().reduce((below, top) => over(top, below), channels('canvas').slice(0, 3));
};

const checkContrast = () => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let texts = 0, least = 21, worst = '';
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, style = getComputedStyle(element);
    if (!walker.currentNode.textContent.trim() || style.visibility !== 'visible' || !element.getClientRects().length) continue;
    if (element.closest('script, style, #checks')) continue;
    const drawn = element instanceof SVGElement ? style.fill : style.color;
    const behind = backgroundOf(element), got = contrast(over(channels(drawn), behind), behind);
    texts++;
    if (got < least) [least, worst] = [got, `${walker.currentNode.textContent.trim().slice(0, 40)} (${drawn})`];
  }
  check('texts are there', texts > 100 ? '' : `only ${texts}`);
  check('contrast is at least 4.5', least >= 4.5 ? '' : `${least.toFixed(2)}: ${worst}`);
};

// What a cell says; the zeros that only line up the points are not part of it.
const wordsOf = cell => (cell.dataset.v ?? cell.textContent).trim();
const withPoint = text => document.documentElement.lang === 'ru' ? text.replace(/,/g, '.') : text;
const columnOf = (table, i) => [...table.tBodies[0].rows].map(row => parseFloat(withPoint(wordsOf(row.cells[i])).replace(/[^\d.]/g, '')));
const isSorted = (values, sign) => values.every((value, i) => i === 0 || sign * (value - values[i - 1]) >= 0);

const checkSorting = () => {
  const table = [...document.querySelectorAll('table:not(.heat)')].find(t => t.tBodies[0].rows.length > 2);
  const head = table.tHead.rows[0].cells[2], button = head.querySelector('button');
  const before = table.tBodies[0].rows.length;
  button.click();
  check('a click sorts upwards', isSorted(columnOf(table, 2).filter(v => !isNaN(v)), 1) ? '' : columnOf(table, 2).join(' '));
  check('and says so', head.getAttribute('aria-sort') === 'ascending' ? '' : head.outerHTML);
  button.click();
  check('a second click sorts downwards', isSorted(columnOf(table, 2).filter(v => !isNaN(v)), -1) ? '' : columnOf(table, 2).join(' '));
  check('sorting keeps every row', table.tBodies[0].rows.length === before ? '' : 'rows are missing');
  const words = [...table.tBodies[0].rows].map(row => wordsOf(row.cells[2])), unknown = words.indexOf('—');
  check('what is unknown stands last', unknown === -1 || words.slice(unknown).every(word => word === '—') ? '' : words.join(' '));
  table.tHead.rows[0].cells[0].querySelector('button').click();
  check('one column is sorted at a time', table.querySelectorAll('[aria-sort]').length === 1 ? '' : 'several');
  button.focus();
  check('headings are reached by keyboard', document.activeElement === button ? '' : 'no focus');
};

const checkPage = () => {
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
  check('ids are unique', twice.slice(0, 3).join(' '));
  const dead = [...document.querySelectorAll('a[href]')].filter(a => !document.getElementById(a.getAttribute('href').slice(1)));
  check('links lead somewhere', dead.map(a => a.getAttribute('href')).join(' '));
  const levels = [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => Number(h.tagName[1]));
  check('one title', levels.filter(level => level === 1).length === 1 ? '' : 'not one h1');
  check('headings skip no level', levels.every((level, i) => i === 0 || level <= levels[i - 1] + 1) ? '' : levels.join(''));
  check('the language is named', /^(en|ru)$/.test(document.documentElement.lang) ? '' : document.documentElement.lang);
  const figures = [...document.querySelectorAll('figure svg')];
  const mute = figures.filter(svg => svg.getAttribute('role') !== 'img' || !(svg.getAttribute('aria-label') || '').trim());
  check('figures have words', mute.length ? `${mute.length} without` : '');
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  check('the page is not wider than the screen', wide > 1 ? `by ${wide} px` : '');
  check('nothing was loaded', performance.getEntriesByType('resource').map(e => e.name).join(' '));
};

const checkPointing = () => {
  const figure = document.querySelector('figure');
  const point = figure && figure.querySelector('g[id*=gnuplot_plot_] use');
  if (!point) return;
  const box = point.getBoundingClientRect();
  figure.dispatchEvent(new PointerEvent('pointermove', { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 }));
  const tip = figure.querySelector('.tip');
  check('a point tells its values', tip && !tip.hidden && /\d/.test(tip.textContent) ? '' : 'no words');
  figure.dispatchEvent(new PointerEvent('pointerleave'));
  check('and stops telling them', tip && tip.hidden ? '' : 'still there');
};

// The same without a pointer: Tab reaches a figure, the arrows walk over its points, Escape ends it.
const checkKeys = () => {
  for (const [i, figure] of [...document.querySelectorAll('figure:has(g[id*=gnuplot_plot_] use)')].entries()) {
    const tip = figure.querySelector('.tip'), press = key => figure.dispatchEvent(new KeyboardEvent('keydown', { key }));
    figure.focus({ focusVisible: true });
    if (!document.hasFocus()) press('Home'); // a window that is not in front hears of no focus
    const first = !tip.hidden && tip.textContent;
    press('ArrowRight');
    const second = tip.textContent;
    press('End');
    press('Home');
    const again = tip.textContent;
    press('Escape');
    check(`figure ${i + 1} tells its values to the keyboard`,
      first && /\d/.test(first) && second !== first && again === first && tip.hidden ? '' : `${first} / ${second} / ${again}`);
    figure.blur();
  }
};

// Chapters of the levels are folded; a click on the heading opens one, and paper shows all.
const checkFolds = () => {
  const folds = [...document.querySelectorAll('details.fold')];
  check('chapters of levels are folded', folds.some(fold => fold.open) ? 'one is open' : '');
  if (folds[0]) folds[0].querySelector('summary').click();
  check('a click opens a chapter', !folds[0] || folds[0].open ? '' : 'still folded');
  dispatchEvent(new Event('beforeprint'));
  check('paper shows every chapter', folds.every(fold => fold.open) ? '' : 'one is folded');
};

const wrongs = [];
addEventListener('securitypolicyviolation', event => wrongs.push(`blocked ${event.blockedURI}`));
addEventListener('error', event => wrongs.push(event.message));
addEventListener('load', () => {
  try {
    checkFolds();
    checkPage();
    checkContrast();
    checkSorting();
    checkPointing();
    checkKeys();
  } catch (error) {
    wrongs.push(String(error));
  }
  check('scheme', matchMedia(`(prefers-color-scheme:${document.documentElement.dataset.scheme})`).matches ? '' : 'is not the one asked for');
  check('no script went wrong', wrongs.join('; '));
  const out = document.createElement('pre');
  out.id = 'checks';
  out.textContent = '\n' + lines.join('\n') + '\n';
  document.body.append(out);
});
