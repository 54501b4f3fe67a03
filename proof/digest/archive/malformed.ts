/** Thrown inside this folder only: whoever feeds a parser here catches it and refuses the body. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}
