// JSON of an object that goes to several places: the delivery record to the log and into the queue. Who hands an object over
// does not alter it any more.

const rendered = new WeakMap<object, string>();

/** `JSON.stringify`, once for each object. @throws as that does. */
export function renderOnce(value: object): string {
  const known = rendered.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  rendered.set(value, text);
  return text;
}
