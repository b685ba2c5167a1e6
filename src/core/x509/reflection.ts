// The three metadata functions that @peculiar/x509's dependency injection looks for when it is loaded (A5). Imported for
// its effect before that package, and only by what makes or explains certificates.

type MetadataReflect = {
  getMetadata?: (key: unknown, target: object) => unknown;
  getOwnMetadata?: (key: unknown, target: object) => unknown;
  defineMetadata?: (key: unknown, value: unknown, target: object) => void;
};

const store = new WeakMap<object, Map<unknown, unknown>>();
const reflect = Reflect as MetadataReflect;

reflect.getOwnMetadata ??= (key, target) => store.get(target)?.get(key);
reflect.getMetadata ??= (key, target) => store.get(target)?.get(key);
reflect.defineMetadata ??= (key, value, target) => {
  const entries = store.get(target) ?? new Map<unknown, unknown>();
  entries.set(key, value);
  store.set(target, entries);
};
