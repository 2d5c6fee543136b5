// Lines over time, by Chart.js from the distribution, and beside each the numbers themselves.

import { fill, make } from './dom.js';
import { clock, number, word } from './words.js';

/** The newest of the samples that the table has. */
const rowsMax = 8;
const pointsMax = 30;
const colors = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6'];

let library = null;

/** Chart.js, or null where it is not installed: then the tables have to do. */
function chartLibrary() {
  library ??= import('/console/scripts/chart.umd.js').then(() => globalThis.Chart ?? null, () => null);
  return library;
}

/**
 * A chart with its table. `lines`: `name` and `value(sample)`, which is a number or null; `decimals` for the table. `update(samples)` draws
 * what there is, `end()` lets the drawing go.
 */
export class Chart {
  constructor(title, unit, lines, { decimals = 1 } = {}) {
    this.lines = lines;
    this.decimals = decimals;
    this.label = `${title} (${unit})`;
    this.canvas = make('canvas', { role: 'img', 'aria-label': word('chart.label', { title: this.label }) });
    this.frame = make('div', { class: 'canvas' }, this.canvas);
    this.body = make('tbody', {});
    this.element = make('section', { class: 'panel chart' }, make('h3', {}, this.label), make('div', { class: 'both' }, this.frame,
      make('div', { class: 'samples' }, make('table', {},
        make('caption', { class: 'unseen' }, this.label),
        make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, word('chart.time')),
          lines.map((line) => make('th', { scope: 'col', class: 'number' }, line.name)))),
        this.body))));
    this.drawing = null;
    this.scheme = window.matchMedia('(prefers-color-scheme: dark)');
    this.recolor = () => {
      this.drawing?.destroy();
      this.drawing = null;
      this.update(this.samples ?? []);
    };
    this.scheme.addEventListener('change', this.recolor);
  }

  async update(samples) {
    this.samples = samples;
    const newest = samples.slice(-rowsMax).reverse();
    fill(this.body, newest.length ? newest.map((sample) => make('tr', {}, make('th', { scope: 'row' }, clock(new Date(sample.at))),
      this.lines.map((line) => make('td', { class: 'number' }, text(line.value(sample), this.decimals)))))
      : make('tr', {}, make('td', { colspan: this.lines.length + 1, class: 'empty' }, word('chart.waiting'))));
    const library = await chartLibrary();
    if (!this.canvas.isConnected) return;
    if (library === null) {
      fill(this.frame, make('p', { class: 'empty' }, word('chart.missing')));
      return;
    }
    this.drawing ??= new library(this.canvas, this.configuration());
    // A line needs two points; until there are some, each is drawn.
    for (const line of this.drawing.data.datasets) line.pointRadius = samples.length < pointsMax ? 3 : 0;
    this.drawing.data.labels = samples.map((sample) => clock(new Date(sample.at)));
    this.lines.forEach((line, place) => { this.drawing.data.datasets[place].data = samples.map(line.value); });
    this.drawing.update('none');
  }

  end() {
    this.scheme.removeEventListener('change', this.recolor);
    this.drawing?.destroy();
    this.drawing = null;
  }

  configuration() {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    const axis = { grid: { color: color('--line') }, ticks: { color: color('--muted'), maxRotation: 0, autoSkipPadding: 16 } };
    return {
      type: 'line',
      data: { labels: [], datasets: this.lines.map((line, place) => ({
        label: line.name, data: [], borderColor: color(colors[place % colors.length]),
        backgroundColor: color(colors[place % colors.length]),
        borderWidth: 2, tension: 0, spanGaps: true, borderDash: [[], [6, 3], [2, 2]][place % 3],
      })) },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, locale: document.documentElement.lang,
        interaction: { mode: 'index', intersect: false },
        scales: { x: axis, y: { ...axis, beginAtZero: true, ticks: { ...axis.ticks, maxTicksLimit: 5 } } },
        plugins: { legend: { position: 'bottom', labels: { color: color('--text'), boxWidth: 24, boxHeight: 2 } } },
      },
    };
  }
}

function text(value, decimals) { return value === null || value === undefined ? '–' : number(value, decimals); }
