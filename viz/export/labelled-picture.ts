const FONT_GAP_PX = 1;

/** The picture with what stands over it: names of lanes with their health, the axis, how much is shown. */
export async function labelledPicture(picture: Blob, stage: HTMLElement): Promise<Blob> {
  const bitmap = await createImageBitmap(picture);
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d");
  if (context === null) return picture;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const box = stage.getBoundingClientRect();
  context.scale(canvas.width / box.width, canvas.height / box.height);
  context.translate(-box.left, -box.top);
  context.textBaseline = "middle";
  for (const label of stage.querySelectorAll<HTMLElement>(".lane-label, .tick-label, .showing")) {
    drawLabel(context, label);
  }
  return await new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(blob ?? picture), "image/png");
  });
}

/** Its words and shapes, where the page has them. */
function drawLabel(context: CanvasRenderingContext2D, label: HTMLElement): void {
  const words = label.children.length === 0 ? [label] : label.querySelectorAll("span");
  for (const word of words) {
    const { font, color } = getComputedStyle(word);
    const { left, top, height } = word.getBoundingClientRect();
    context.font = font;
    context.fillStyle = color;
    const inside = word === label ? Number.parseFloat(getComputedStyle(word).paddingLeft) : 0;
    context.fillText(word.textContent, left + inside, top + height / 2 + FONT_GAP_PX);
  }
  for (const shape of label.querySelectorAll("path")) {
    const { left, top, width } = shape.ownerSVGElement!.getBoundingClientRect();
    context.save();
    context.translate(left, top);
    context.scale(width / 12, width / 12);
    context.fillStyle = shape.getAttribute("fill") ?? "";
    context.clip(new Path2D(shape.getAttribute("d") ?? ""), "evenodd");
    context.fillRect(0, 0, 12, 12);
    context.restore();
  }
}
