/** The first that the browser can write. */
const FORMATS = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm"] as const;
/** Pictures that do not change are not repeated; more than this nobody sees. */
const FRAMES_A_SECOND_MAX = 30;
/** Longer ones are for a screen recorder: this one keeps everything in memory. */
const FILM_MS_MAX = 120_000;

/** What the canvas shows while it goes on, as a film of the browser's own making. */
export class Film {
  readonly #recorder: MediaRecorder;
  readonly #chunks: Blob[] = [];
  readonly #timer: ReturnType<typeof setTimeout>;
  /** The film, once it was ended. */
  readonly whole: Promise<Blob>;

  /** @throws Error when the browser writes no WebM */
  constructor(canvas: HTMLCanvasElement) {
    const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format));
    if (mimeType === undefined) throw new Error("this browser writes no WebM");
    const stream = canvas.captureStream(FRAMES_A_SECOND_MAX);
    this.#recorder = new MediaRecorder(stream, { mimeType });
    this.whole = new Promise((resolve, reject) => {
      this.#recorder.ondataavailable = ({ data }) => this.#chunks.push(data);
      this.#recorder.onerror = () => reject(new Error("the browser could not go on filming"));
      this.#recorder.onstop = () => {
        for (const track of stream.getTracks()) track.stop();
        resolve(new Blob(this.#chunks, { type: "video/webm" }));
      };
    });
    this.#timer = setTimeout(() => this.end(), FILM_MS_MAX);
    this.#recorder.start();
  }

  end(): void {
    clearTimeout(this.#timer);
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
  }
}
