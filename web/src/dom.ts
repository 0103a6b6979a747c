// Elements are made here and nowhere else: every text goes in as a text node, never as markup.

type Child = Node | string | null | undefined | false;
type Properties = Record<string, string | number | boolean | ((event: never) => void) | undefined>;

const SVG = "http://www.w3.org/2000/svg";

/** An element; properties that begin with `on` are listeners, all others attributes (`true`: empty, `false`: none). */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K, properties: Properties = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), properties, children);
}

export function svgEl<K extends keyof SVGElementTagNameMap>(
  tag: K, properties: Properties = {},
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS(SVG, tag), properties, []);
}

function filled<E extends Element>(element: E, properties: Properties, children: Child[]): E {
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value as EventListener);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

export const button = (text: string, onclick: () => void, properties: Properties = {}): HTMLButtonElement =>
  el("button", { type: "button", onclick, ...properties }, text);

/** The one element that a selector names; the page is broken without it. */
export function found<E extends Element>(selector: string, within: ParentNode = document): E {
  const element = within.querySelector<E>(selector);
  if (!element) throw new Error(`no ${selector}`);
  return element;
}
