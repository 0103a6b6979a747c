// What is in sight as a file.

import { el } from "./dom.js";

const PIXELS = 2; // of a picture, for each of the screen's

export async function saveAs(drawing: SVGSVGElement, name: string, form: "svg" | "png"): Promise<void> {
  const text = new XMLSerializer().serializeToString(drawing);
  const file = new Blob([text], { type: "image/svg+xml" });
  offer(form === "svg" ? file : await picture(file, drawing), `${name.replace(/[^\w.-]+/g, "_") || "figure"}.${form}`);
}

/** The drawing in pixels, by way of a `data:` address: the only one that the policies of all notebooks let pass. */
async function picture(file: Blob, drawing: SVGSVGElement): Promise<Blob> {
  const image = new Image();
  image.src = await address(file);
  await image.decode();
  const canvas = el("canvas");
  canvas.width = Number(drawing.getAttribute("width")) * PIXELS;
  canvas.height = Number(drawing.getAttribute("height")) * PIXELS;
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((made) => (made ? resolve(made) : reject(new Error("no picture"))), "image/png");
  });
}

function address(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

function offer(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
