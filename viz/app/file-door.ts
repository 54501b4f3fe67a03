import { showLoading } from "../panels/state-card.ts";
import { part, partOf } from "../panels/page.ts";

/**
 * Files that people choose or drop. It is there before the scene: whoever is faster than that
 * finds the file opened as soon as somebody can.
 */
export class FileDoor {
  readonly #picker = partOf("file", HTMLInputElement);
  #listener: ((file: File) => void) | undefined;
  #waiting: File | undefined;

  constructor() {
    this.#picker.addEventListener("change", () => {
      const file = this.#picker.files?.[0];
      if (file !== undefined) this.#take(file);
      this.#picker.value = "";
    });
    part("open").addEventListener("click", () => this.pick());
    part("state-open").addEventListener("click", () => this.pick());
    this.#acceptDrops();
  }

  pick(): void {
    this.#picker.click();
  }

  onFile(listener: (file: File) => void): void {
    this.#listener = listener;
    if (this.#waiting !== undefined) listener(this.#waiting);
    this.#waiting = undefined;
  }

  #take(file: File): void {
    if (this.#listener !== undefined) this.#listener(file);
    else {
      this.#waiting = file;
      showLoading(file.name);
    }
  }

  #acceptDrops(): void {
    const stage = part("stage");
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      stage.classList.add("dropping");
    });
    document.addEventListener("dragleave", () => stage.classList.remove("dropping"));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      stage.classList.remove("dropping");
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) this.#take(file);
    });
  }
}
