// A line chart as SVG, plain enough to be read in a diff.

export type Line = { readonly name: string; readonly points: readonly (readonly [number, number])[] };

const [width, height, left, bottom, top, right] = [640, 320, 56, 44, 16, 16];
const colours = ['#0b6', '#c33', '#36c', '#a60', '#777'];

/** @param xTitle what grows; drawn on a logarithmic scale when it grows by more than tenfold. */
export function chart(xTitle: string, yTitle: string, lines: readonly Line[]): string {
  const xs = lines.flatMap(({ points }) => points.map(([x]) => x));
  const highest = Math.max(...lines.flatMap(({ points }) => points.map(([, y]) => y)), 0.001) * 1.1;
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  const scale = from > 0 && to / from > 10 ? Math.log : (value: number): number => value;
  const span = scale(to) - scale(from) || 1;
  const px = (x: number): number => left + ((scale(x) - scale(from)) / span) * (width - left - right);
  const py = (y: number): number => height - bottom - (y / highest) * (height - bottom - top);
  const at = (value: number): string => value.toFixed(1);
  const text = (x: number, y: number, words: string, anchor = 'middle'): string =>
    `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${words}</text>`;
  const ticks = [0.25, 0.5, 0.75, 1].map((part) => {
    const y = (highest / 1.1) * part;
    return `<path d="M${left} ${at(py(y))}H${width - right}" stroke="#ddd"/>${text(left - 6, py(y) + 4, String(Number(y.toPrecision(2))), 'end')}`;
  });
  const marks = [...new Set(xs)].map((x) => text(px(x), height - bottom + 16, x.toLocaleString('en')));
  const drawn = lines.map(({ name, points }, index) => {
    const colour = colours[index % colours.length];
    const path = points.map(([x, y]) => `${at(px(x))} ${at(py(y))}`).join('L');
    const dots = points.map(([x, y]) => `<circle cx="${at(px(x))}" cy="${at(py(y))}" r="3" fill="${colour}"/>`);
    const label = `<text x="${left + 8}" y="${top + 14 + index * 16}" fill="${colour}">${name}</text>`;
    return `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>\n${dots.join('\n')}\n${label}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#fff"/>
<path d="M${left} ${top}V${height - bottom}H${width - right}" fill="none" stroke="#333"/>
${[...ticks, ...marks].join('\n')}
${text(left + (width - left) / 2, height - 8, xTitle)}
<text x="14" y="${height / 2}" text-anchor="middle" transform="rotate(-90 14 ${height / 2})">${yTitle}</text>
${drawn.join('\n')}
</svg>
`;
}
