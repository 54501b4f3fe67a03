/** Numbers for the graphics card, written again for each picture into the same memory. */
export class GeometryBuffer {
  data: Float32Array<ArrayBuffer> = new Float32Array(4096);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  push2(a: number, b: number): void {
    this.#reserve(2);
    this.data[this.length++] = a;
    this.data[this.length++] = b;
  }

  push3(a: number, b: number, c: number): void {
    this.#reserve(3);
    this.data[this.length++] = a;
    this.data[this.length++] = b;
    this.data[this.length++] = c;
  }

  push4(a: number, b: number, c: number, d: number): void {
    this.#reserve(4);
    this.data[this.length++] = a;
    this.data[this.length++] = b;
    this.data[this.length++] = c;
    this.data[this.length++] = d;
  }

  #reserve(count: number): void {
    if (this.length + count <= this.data.length) return;
    const wider = new Float32Array(this.data.length * 2);
    wider.set(this.data);
    this.data = wider;
  }
}

/** Marks: where, and how they look. `rows` says which event each one is. */
export class PointBuffer {
  readonly positions: GeometryBuffer = new GeometryBuffer();
  readonly looks: GeometryBuffer = new GeometryBuffer();
  readonly rows: number[] = [];

  get count(): number {
    return this.rows.length;
  }

  clear(): void {
    this.positions.clear();
    this.looks.clear();
    this.rows.length = 0;
  }
}

/** Corners of lines or of triangles. */
export class PaintedBuffer {
  readonly positions: GeometryBuffer = new GeometryBuffer();
  readonly paints: GeometryBuffer = new GeometryBuffer();

  get count(): number {
    return this.positions.length / 3;
  }

  clear(): void {
    this.positions.clear();
    this.paints.clear();
  }

  corner(x: number, y: number, z: number, tone: number, alpha: number): void {
    this.positions.push3(x, y, z);
    this.paints.push2(tone, alpha);
  }
}
