/* Django's JavaScript catalogue, loaded before every module; English where it is missing. */

const catalogue = () => globalThis.django ?? {};

export function gettext(text) {
  return catalogue().gettext?.(text) ?? text;
}

export function ngettext(one, many, n) {
  return catalogue().ngettext?.(one, many, n) ?? (n === 1 ? one : many);
}

export function pgettext(context, text) {
  return catalogue().pgettext?.(context, text) ?? text;
}

/* Fill %(name)s from an object. */
export function interpolate(text, values) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
